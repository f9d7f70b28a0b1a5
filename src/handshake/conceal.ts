import type { Handover } from '../runtime/port.ts'
import { beforehand } from './admit.ts'

const names = new Set<string>()

/** From now on this parameter of a handshake's query is taken out of what handlers and logs see. */
export function conceal(name: string): void {
  if (names.size === 0) beforehand.push(take)
  names.add(name)
}

function take(request: Request, handover: Handover): void {
  handover.concealed = takeFrom(request)
}

/** The concealed parameters, which the request does not have any more. */
export function takeFrom(request: Request): Record<string, string> {
  const taken = Object.create(null) as Record<string, string>
  if (!request.url.includes('?')) return taken
  const url = new URL(request.url)
  for (const name of names) {
    const value = url.searchParams.get(name)
    if (value === null) continue
    taken[name] = value
    url.searchParams.delete(name)
    // The runtime goes on with the request itself: a copy would be none of its own.
    Object.defineProperty(request, 'url', { value: url.href })
  }
  return taken
}

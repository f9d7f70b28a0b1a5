import type { Context } from 'hono'
import type { Handover } from '../runtime/port.ts'
import { beforehand } from './admit.ts'
import { handoverOf } from './plan.ts'

type Taken = Readonly<Record<string, string>>

const names = new Set<string>()
/** Not within the bindings, for those are printed now and then. */
const takenFrom = new WeakMap<Handover, Taken>()

/** From now on this parameter of a handshake's query is taken out of what handlers and logs see. */
export function conceal(name: string): void {
  if (names.size === 0) beforehand.push(take)
  names.add(name)
}

/** The concealed parameters of a handshake. */
export function concealedIn(c: Context): Taken {
  const handover = handoverOf(c)
  // Without an entry of ours around the app they were to be seen until now.
  return (handover && takenFrom.get(handover)) ?? takeFrom(c.req.raw)
}

function take(request: Request, handover: Handover, env: object): void {
  takenFrom.set(handover, takeFrom(request))
  // Loggers made for Node read the URL of its own request.
  const { incoming } = env as { readonly incoming?: { url?: string } }
  if (incoming?.url) incoming.url = split(incoming.url)[0]
}

function takeFrom(request: Request): Taken {
  const [url, taken] = split(request.url)
  // The runtime goes on with the request itself: a copy would be none of its own.
  if (url !== request.url) Object.defineProperty(request, 'url', { value: url })
  return taken
}

/** A URL without the concealed parameters, else as it was written, and what was taken: of several the first. */
function split(url: string): [rest: string, taken: Taken] {
  const taken = Object.create(null) as Record<string, string>
  const [, path = url, query = '', rest = ''] = /^([^?#]*)\?([^#]*)(.*)$/s.exec(url) ?? []
  const kept = query.split('&').filter((pair) => {
    const [entry] = new URLSearchParams(`&${pair}`)
    if (!entry || !names.has(entry[0])) return true
    taken[entry[0]] ??= entry[1]
    return false
  })
  const left = kept.join('&')
  return [left === query ? url : `${path}${left && `?${left}`}${rest}`, taken]
}

import type { Context } from 'hono'
import { canonical } from './origins.ts'
import { isHost } from './request.ts'

const hostOf = (c: Context): string => c.req.raw.headers.get('host')?.toLowerCase() ?? ''

/** Without the port; an IPv6 address keeps its brackets. */
const nameOf = (host: string): string => host.replace(/:\d+$/, '')

/**
 * Whether a request is for one of these hosts: with a port for that one, without for any.
 *
 * @throws {TypeError} if one of them is none
 */
export function hostCheck(hosts: readonly string[], localhost: boolean): (c: Context) => boolean {
  const ours = new Set(hosts.map((host) => host.toLowerCase()))
  const wrong = hosts.find((host) => !isHost(host))
  if (wrong !== undefined || hosts.length === 0) {
    throw new TypeError(
      `Cannot answer to the host "${wrong ?? ''}": write names as they stand in Host, such as ` +
        'chat.example or localhost:3000',
    )
  }
  return (c) => {
    const host = hostOf(c)
    return ours.has(host) || ours.has(nameOf(host)) || (localhost && isLocal(nameOf(host)))
  }
}

/** Whether a page and the name by which it asks for the server are both of this machine. */
export function isOfThisMachine(origin: string, c: Context): boolean {
  const page = canonical(origin)
  const isPage = page !== undefined && /^https?:$/.test(page.protocol) && isLocal(page.hostname)
  return isPage && isLocal(nameOf(hostOf(c)))
}

/** Browsers ask nobody where these are (RFC 6761 section 6.3). */
function isLocal(name: string): boolean {
  return /^(?:[a-z0-9-]+\.)*localhost$|^127(?:\.\d{1,3}){3}$|^\[::1\]$/.test(name)
}

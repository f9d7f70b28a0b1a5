import { ON_CLOUDFLARE } from '../runtime/port.ts'
import { parseProtocols } from '../protocol/subprotocol.ts'
import { type Refusal, refusal, upgradeRequired } from './refusal.ts'

/** Whether a comma-separated header holds a token, in any case (RFC 9110 section 5.6.1). */
export function hasToken(header: string | null | undefined, token: string): boolean {
  return !!header?.split(',').some((part) => part.trim().toLowerCase() === token)
}

/**
 * Whether a request asks for a WebSocket at all (RFC 6455 section 4.2.1, clauses 3 and 4). One that
 * does not is an ordinary request, whatever else its `Upgrade` header names.
 */
export function asksForWebSocket(headers: Headers): boolean {
  const upgrade = headers.get('upgrade')
  const connection = headers.get('connection')
  // Cloudflare takes a 101 for no list of protocols, and its edge may keep `Connection` to itself.
  return ON_CLOUDFLARE
    ? upgrade?.toLowerCase() === 'websocket' && (!connection || hasToken(connection, 'upgrade'))
    : hasToken(upgrade, 'websocket') && hasToken(connection, 'upgrade')
}

// 16 bytes in base64: 22 characters, of which the last carries 4 bits, and the padding
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** What is wrong with a WebSocket handshake (RFC 6455 section 4.2.1); `undefined` if nothing is. */
export function refuseHandshake(request: Request): Refusal | undefined {
  const { headers } = request
  if (headers.get('sec-websocket-version') !== '13') {
    return upgradeRequired('Upgrade to WebSocket version 13', true)
  }
  if (!KEY.test(headers.get('sec-websocket-key') ?? '')) {
    return refusal(400, 'Sec-WebSocket-Key is not the base64 of 16 bytes')
  }
  if (hasBody(headers)) return refusal(400, 'A WebSocket handshake has no body')
  return undefined
}

function hasBody(headers: Headers): boolean {
  return headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0'
}

/**
 * Whether a `Host` header is one host, with a port or without (RFC 9112 section 3.2). Runtimes build
 * the URL from it: `a/admin?` would choose the route.
 */
export function isHost(host: string | null | undefined): boolean {
  return HOST.test(host ?? '')
}

const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/** The subprotocols that a client offers; `undefined` if the header is malformed. */
export function offeredProtocols(headers: Headers): string[] | undefined {
  const header = headers.get('sec-websocket-protocol')
  return header ? parseProtocols(header) : []
}

/** Headers that the runtime writes by itself, or that speak of a body which a 101 has not. */
const OWN_HEADERS = [
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'transfer-encoding',
  'upgrade',
]

/** What a 101 carries: all that middleware has set, and the subprotocol. */
export function switchingHeaders(from: Headers, protocol: string): Headers {
  const headers = new Headers(from)
  for (const name of OWN_HEADERS) headers.delete(name)
  if (protocol !== '') headers.set('Sec-WebSocket-Protocol', protocol)
  return headers
}

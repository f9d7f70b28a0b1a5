/** Headers that the runtime writes by itself, or that speak of a body which a 101 has not. */
const OWN =
  /^(denwa-closes|connection|upgrade|sec-websocket-.+|transfer-encoding|content-(encoding|length|type))$/

/** What a 101 carries: all that middleware has set, and the subprotocol. */
export function switchingHeaders(from: Headers, protocol: string): Headers {
  const headers = new Headers()
  for (const [name, value] of from) if (!OWN.test(name)) headers.append(name, value)
  if (protocol !== '') headers.set('Sec-WebSocket-Protocol', protocol)
  return headers
}

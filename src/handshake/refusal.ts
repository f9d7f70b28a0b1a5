/** A response that says why. */
export interface Refusal extends Response {
  readonly why: string
}

/** A refused handshake: says why, and ends the HTTP connection, lest what follows be read as a request. */
export function refusal(
  status: number,
  why: string,
  headers: Record<string, string> = {},
): Refusal {
  const response = new Response(`${why}\n`, {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=UTF-8',
      'Cache-Control': 'no-store',
      Vary: 'Origin',
      Connection: 'close',
      ...headers,
    },
  })
  return Object.assign(response, { why })
}

/** Not now, and not for a reason that lies with the client. */
export function unavailable(why: string): Refusal {
  return refusal(503, why, { 'Retry-After': '5' })
}

/** RFC 9110 section 15.5.22, and RFC 6455 section 4.4 for the version. */
export function upgradeRequired(why: string, close: boolean): Refusal {
  return refusal(426, why, {
    Upgrade: 'websocket',
    Connection: close ? 'Upgrade, close' : 'Upgrade',
    'Sec-WebSocket-Version': '13',
  })
}

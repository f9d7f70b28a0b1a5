import { createHash, randomBytes } from 'node:crypto'

/** `undefined` leaves a header out, an array sends it more than once. */
export type HeaderValues = Record<string, string | string[] | undefined>

export interface UpgradeOptions {
  method?: string
  /** The request target as it is written, `/` by default. */
  target?: string
  httpVersion?: string
  /** Laid over the headers of a valid opening handshake (RFC 6455 section 4.1), by lower-case name. */
  headers?: HeaderValues
  protocols?: string[]
  body?: string
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export function randomKey(): string {
  return randomBytes(16).toString('base64')
}

/** `Sec-WebSocket-Accept` for a key: RFC 6455 section 4.2.2, step 5.4. */
export function acceptFor(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64')
}

/** The text of an opening handshake; valid unless `options` spoil it. */
export function upgradeRequest(url: string, options: UpgradeOptions = {}): string {
  return httpRequest(url, {
    ...options,
    headers: {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomKey(),
      'sec-websocket-protocol': options.protocols?.join(', ') || undefined,
      ...lowerCase(options.headers),
    },
  })
}

/** The text of any request: a request line, `Host`, then `headers`. */
export function httpRequest(url: string, options: UpgradeOptions = {}): string {
  const { method = 'GET', target = '/', httpVersion = '1.1', body = '' } = options
  const headers: HeaderValues = { host: new URL(url).host, ...lowerCase(options.headers) }
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => `${spell(name)}: ${one}`),
  )
  return [`${method} ${target} HTTP/${httpVersion}`, ...lines, '', body].join('\r\n')
}

function lowerCase(headers: HeaderValues = {}): HeaderValues {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
}

function spell(name: string): string {
  return name
    .replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
    .replace('Websocket', 'WebSocket')
}

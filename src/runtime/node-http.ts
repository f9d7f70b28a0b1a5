import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** How long a client may take to fetch the refusal of its handshake. */
const LINGER_MS = 1000

/** A handshake as the app sees it. */
export interface Handshake {
  /** Aborted when the client goes. */
  readonly request: Request
  /** Lets go of the request: a connection must not keep it alive. */
  release(): void
}

/** `undefined` if the target is none. */
export function toHandshake(incoming: IncomingMessage, socket: Duplex): Handshake | undefined {
  const { url = '', method = 'GET', rawHeaders } = incoming
  if (!url.startsWith('/')) return undefined
  const gone = new AbortController()
  const abort = (): void => gone.abort()
  try {
    const headers = new Headers()
    for (let i = 0; i < rawHeaders.length; i += 2) {
      headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string)
    }
    const target = `http://${incoming.headers.host}${url}`
    const request = new Request(target, { method, headers, signal: gone.signal })
    socket.once('close', abort)
    return { request, release: () => socket.off('close', abort) }
  } catch {
    return undefined
  }
}

/** Writes a response to a socket that was to be upgraded, and ends it. */
export async function writeResponse(socket: Duplex, response: Response): Promise<void> {
  // For a client that does not read, or does not go
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
  const body = Buffer.from(await response.arrayBuffer())
  const headers = new Headers(response.headers)
  headers.delete('transfer-encoding')
  headers.set('content-length', String(body.length))
  const reason = response.statusText || STATUS_CODES[response.status] || ''
  let head = `HTTP/1.1 ${response.status} ${reason}\r\n`
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`
  socket.end(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), body]))
}

import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
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
  try {
    const headers = new Headers()
    for (let i = 0; i < rawHeaders.length; i += 2) {
      headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string)
    }
    const target = `http://${incoming.headers.host}${url}`
    const request = new Request(target, { method, headers })
    return { request, release: lendSignal(request, socket) }
  } catch {
    return undefined
  }
}

/** Few ask for the signal, and one that is given to a request outlives it. Returns what takes it back. */
function lendSignal(request: Request, socket: Duplex): () => void {
  let gone: AbortController | undefined
  const abort = (): void => gone?.abort()
  Object.defineProperty(request, 'signal', {
    get() {
      if (!gone) {
        gone = new AbortController()
        if (socket.destroyed) abort()
        else socket.once('close', abort)
      }
      return gone.signal
    },
  })
  return () => socket.off('close', abort)
}

/** Answers a handshake that is not to be upgraded, and ends the connection. */
export async function refuse(
  incoming: IncomingMessage,
  socket: Duplex,
  response: Response,
): Promise<void> {
  // For a client that does not read, or does not go
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
  const answer = new ServerResponse(incoming)
  answer.assignSocket(socket as Socket)
  answer.statusCode = response.status
  for (const [name, value] of response.headers) answer.appendHeader(name, value)
  const reader = response.body?.getReader()
  socket.once('close', () => void reader?.cancel().catch(() => {}))
  for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
    answer.write(chunk.value)
  }
  answer.end(() => socket.end())
}

import { nextTick } from 'node:process'
import { Bounded } from './bounded.ts'
import type { Receiver, Timers, Transport, Upgrade, WireLimits } from './port.ts'
import { systemTimers } from './timers.ts'

/** Frames of one read come a microtask apart; `nextTick` is the first thing that runs after the last. */
export const denoTimers: Timers = { ...systemTimers, soon: nextTick, joins: 'turn' }

declare const Deno: {
  upgradeWebSocket(
    request: Request,
    options: { idleTimeout: number },
  ): { socket: WebSocket; response: Response }
}

class DenoTransport extends Bounded implements Transport {
  readonly #socket: WebSocket

  constructor(socket: WebSocket, limits: WireLimits) {
    super(limits)
    this.#socket = socket
  }

  get timers(): Timers {
    return denoTimers
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount
  }

  send(data: string | Uint8Array): boolean {
    const { bufferedAmount } = this
    if (!this.admits(bufferedAmount)) return false
    this.#socket.send(data as string)
    this.account(bufferedAmount, this.bufferedAmount)
    return true
  }

  close(code: number, reason: string): void {
    // Deno ends TCP at the next message that it reads after this, and what was in the same packet is
    // read before the Close is written: the client would see 1006.
    nextTick(() => this.#socket.close(code, reason))
  }
}

/** How long Deno may take from the 101 to its `open`. */
const OPEN_TIMEOUT_MS = 5000

/**
 * Has Deno read the headers: later, when the request is answered or the client gone, it throws at who
 * asks for them, and a policy may still be thinking.
 */
export function keepHeaders(request: Request): void {
  request.headers.keys().next()
}

/** Upgrades whose socket is not open yet. */
export class Opening {
  readonly #since = new Map<WebSocket, number>()

  get size(): number {
    this.#forget()
    return this.#since.size
  }

  add(socket: WebSocket): void {
    this.#forget()
    this.#since.set(socket, denoTimers.now())
  }

  delete(socket: WebSocket): void {
    this.#since.delete(socket)
  }

  /** Of a client that left during the handshake nothing is ever heard. */
  #forget(): void {
    const now = denoTimers.now()
    for (const [socket, since] of this.#since) {
      if (now - since < OPEN_TIMEOUT_MS) return
      this.#since.delete(socket)
    }
  }
}

/** What Deno says of a peer that it has given up. */
const NO_PONG = 'No response from ping frame.'

/**
 * Performs an upgrade. The response has to reach `Deno.serve`, or its listener dies: call this last.
 *
 * @throws {TypeError} if the client has gone
 */
export function upgradeDeno(
  request: Request,
  upgrade: Upgrade,
  headers: Headers,
  limits: WireLimits,
  silenceMs: number,
  env: unknown,
  opening: Opening,
): Response {
  // Deno pings by itself, after half the time.
  const { ended } = upgrade
  let native: ReturnType<typeof Deno.upgradeWebSocket>
  try {
    native = Deno.upgradeWebSocket(request, { idleTimeout: silenceMs / 1000 })
  } catch (error) {
    ended?.()
    throw error
  }
  const { socket, response } = native
  opening.add(socket)
  socket.binaryType = 'arraybuffer'
  const transport = new DenoTransport(socket, limits)
  let receiver: Receiver | undefined
  // A client that left during the handshake is never heard of: nothing may be counted before this,
  // nor for ever.
  if (ended) denoTimers.after(OPEN_TIMEOUT_MS, () => receiver ?? ended())
  socket.onopen = () => {
    opening.delete(socket)
    receiver = upgrade.endpoint.accept(transport, upgrade.snapshot, env)
    receiver.ended = upgrade.ended
    receiver.open()
  }
  socket.onmessage = ({ data }) => {
    receiver?.message(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer))
  }
  // After an abnormal end the code is 0; after an idle time-out there are two events.
  socket.onclose = ({ code, reason }) => receiver?.lost(code, reason)
  socket.onerror = (event) => {
    if ((event as ErrorEvent).message === NO_PONG) receiver?.silent()
    else receiver?.lost(1006, '')
  }
  // The subprotocol too: the option of upgradeWebSocket throws where the client wrote no space.
  for (const [name, value] of headers) response.headers.append(name, value)
  return response
}

/** Longest body of a refusal, in bytes, and how long the app may take to produce it, in milliseconds. */
const MAX_BODY_BYTES = 1024 * 1024
const LINGER_MS = 1000

/** Ends the HTTP connection once the body is out: Deno writes `Connection: close` and does not. */
export async function closingResponse(response: Response): Promise<Response> {
  // Upgraded by something else, or without a body to end by
  if (response.status === 101 || !response.body) return response
  const body = await collect(response.body)
  if (!body) {
    const headers = { Connection: 'close' }
    return closingResponse(new Response('No answer in time\n', { status: 503, headers }))
  }
  const headers = new Headers(response.headers)
  headers.set('Content-Length', String(body.length))
  let sent = body.length === 0
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(HANG_UP)
      else controller.enqueue(body)
      sent = true
    },
  })
  return new Response(stream, { status: response.status, headers })
}

/** The whole body; `undefined` if it has no end worth waiting for, such as a stream of events. */
async function collect(body: ReadableStream<Uint8Array>): Promise<Uint8Array | undefined> {
  const reader = body.getReader()
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), LINGER_MS)
  const chunks: Uint8Array[] = []
  let length = 0
  const started = performance.now()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    length += value.length
    if (length > MAX_BODY_BYTES) await reader.cancel()
  }
  clearTimeout(timer)
  if (length > MAX_BODY_BYTES || performance.now() - started >= LINGER_MS) return undefined
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
}

/** The error by which a body ends its connection: nothing went wrong. */
export const HANG_UP: Error = new Error('the connection ends after this response')

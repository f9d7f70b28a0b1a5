import { JSON_PROTOCOL } from '../protocol/subprotocol.ts'
import { type App, admit } from '../handshake/admit.ts'
import { MemoryTransport } from '../runtime/memory.ts'
import type { Timers } from '../runtime/port.ts'
import { systemTimers } from '../runtime/timers.ts'

/** Options of {@linkcode connect}. */
export interface ConnectOptions extends RequestInit {
  /** Bindings: what handlers see as `c.env`. */
  env?: object
  /** Subprotocols to offer. @default {[]} */
  protocols?: readonly string[]
  /** Time for the connection, such as a {@linkcode TestClock}. */
  clock?: Timers
}

/** The client's end of a connection in memory. */
export interface TestSocket {
  /** The answer to the handshake: status 101, or the refusal. */
  readonly response: Response
  /** Sends a text, bytes, or anything else as JSON. */
  send(data: unknown): void
  /** The next frame, parsed where it is JSON; the frames of an array one after the other. */
  next(): Promise<unknown>
  readonly closed: Promise<{ code: number; reason: string }>
  close(code?: number, reason?: string): void
}

/**
 * What `app.request()` is to HTTP: a socket on the app, in memory, without a server.
 *
 * @example
 * ```ts
 * import { connect } from 'denwa/testing'
 * import { raw } from 'denwa'
 * import { Hono } from 'hono'
 *
 * const app = new Hono().get('/raw', raw({ message: (c, data) => c.send(data) }))
 * const socket = await connect(app, '/raw')
 * socket.send('hi')
 * await socket.next() // 'hi'
 * ```
 */
export async function connect(
  app: App,
  path: string,
  options: ConnectOptions = {},
): Promise<TestSocket> {
  const { env = {}, protocols = [], clock = systemTimers, ...init } = options
  const request = new Request(new URL(path, 'http://localhost'), {
    ...init,
    headers: handshakeHeaders(init.headers, protocols),
  })
  const outcome = await admit(app, request, env, clock)
  const inbox = new Frames()
  if (outcome instanceof Response) {
    inbox.end(new Error(`Cannot read from a socket that was refused with ${outcome.status}`))
    return {
      response: outcome,
      send() {},
      next: () => inbox.next(),
      closed: Promise.resolve({ code: 1006, reason: '' }),
      close() {},
    }
  }
  let close: (info: { code: number; reason: string }) => void = () => {}
  const closed = new Promise<{ code: number; reason: string }>((resolve) => (close = resolve))
  const joined = outcome.upgrade.snapshot.protocol === JSON_PROTOCOL
  const peer = {
    message: (data: string | Uint8Array) => inbox.push(data, joined),
    closed(code: number, reason: string) {
      inbox.end(new Error(`Cannot read from a socket that was closed with ${code} ${reason}`))
      close({ code, reason })
    },
  }
  const transport = new MemoryTransport(outcome.upgrade, peer, clock, env)
  const response = new Response(null, { headers: outcome.headers })
  // Response refuses 101 as a status.
  Object.defineProperty(response, 'status', { value: 101 })
  return {
    response,
    send: (data) =>
      transport.say(
        typeof data === 'string' || data instanceof Uint8Array ? data : JSON.stringify(data),
      ),
    next: () => inbox.next(),
    closed,
    close: (code = 1000, reason = '') => transport.hangUp(code, reason),
  }
}

function handshakeHeaders(given: HeadersInit | undefined, protocols: readonly string[]): Headers {
  const headers = new Headers({
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
  })
  if (protocols.length > 0) headers.set('Sec-WebSocket-Protocol', protocols.join(', '))
  new Headers(given).forEach((value, name) => headers.set(name, value))
  return headers
}

/** Frames in the order in which they came, for whoever asks. */
class Frames {
  readonly #items: unknown[] = []
  readonly #waiting: { resolve(item: unknown): void; reject(error: Error): void }[] = []
  #error: Error | undefined

  push(data: string | Uint8Array, joined: boolean): void {
    const value = typeof data === 'string' ? parse(data) : data
    for (const item of joined && Array.isArray(value) ? (value as unknown[]) : [value]) {
      const waiting = this.#waiting.shift()
      if (waiting) waiting.resolve(item)
      else this.#items.push(item)
    }
  }

  end(error: Error): void {
    this.#error = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  next(): Promise<unknown> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift())
    if (this.#error) return Promise.reject(this.#error)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

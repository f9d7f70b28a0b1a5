import { checkLimits } from './connection/behaviour.ts'
import { drain } from './connection/drain.ts'
import { type Admitted, type App, admit } from './handshake/admit.ts'
import { refusal } from './handshake/refusal.ts'
import {
  type Endpoint,
  type LiveSocket,
  MAX_MESSAGE_BYTES,
  MAX_QUEUE_BYTES,
  type Timers,
  type WireLimits,
} from './runtime/port.ts'

/** Options of `serve()` and `handler()`. */
export interface ServeOptions {
  /** 0 picks a free one. @default {3000} */
  port?: number
  /** @default all interfaces */
  hostname?: string
  /** Largest message a client may send, in bytes; more ends the connection with 1009. @default {65536} */
  maxMessageBytes?: number
  /** Most bytes that may wait for a client that does not read; then it is closed with 4202. @default {1048576} */
  maxQueueBytes?: number
  /** Bindings: what handlers see as `c.env`, as on Cloudflare. */
  env?: object
}

/** A server that listens. */
export interface Server {
  /** Where it is reached from this machine: `http://localhost:3000`. */
  readonly url: string
  /** Stops listening and ends all connections. */
  close(options?: CloseOptions): Promise<void>
}

/** Options of a server's `close`. */
export interface CloseOptions {
  /**
   * Milliseconds for an end in order. New handshakes are answered 503; handlers that are at work may
   * finish; clients are told to come back, each at another time, and closed with 1012 in small groups.
   * Then, or with 0, whatever is left is cut off.
   *
   * @default {0}
   */
  drainMs?: number
}

/** The sockets of one server, from their handshake to the server's end. */
export class Sockets {
  readonly limits: WireLimits
  readonly #timers: Timers
  readonly #endpoints = new Set<Endpoint>()
  #draining = false

  constructor(limits: WireLimits, timers: Timers) {
    this.limits = limits
    this.#timers = timers
  }

  async admit(
    app: App,
    request: Request,
    env: object,
    context?: unknown,
  ): Promise<Admitted | Response> {
    if (this.#draining) return ending()
    const outcome = await admit(app, request, env, this.#timers, context)
    if (outcome instanceof Response) return outcome
    if (this.#draining) {
      outcome.upgrade.ended?.()
      return ending()
    }
    this.#endpoints.add(outcome.upgrade.endpoint)
    return outcome
  }

  /** Those that are not gone. Several servers may share an app, and its endpoints. */
  get live(): LiveSocket[] {
    return [...this.#endpoints].flatMap(({ live }) =>
      [...live].filter(({ transport }) => transport.limits === this.limits),
    )
  }

  /** @throws {RangeError} if the time is not a whole number */
  async drain({ drainMs = 0 }: CloseOptions = {}): Promise<void> {
    if (drainMs !== 0) checkLimits({ drainMs })
    this.#draining = true
    if (drainMs > 0) await drain(this.live, drainMs, this.#timers)
  }
}

function ending(): Response {
  return refusal(503, 'This server is about to end', { 'Retry-After': '1' })
}

/** @throws {RangeError} if a limit is not a positive whole number */
export function wireLimits(given: Partial<WireLimits>): WireLimits {
  const { maxMessageBytes = MAX_MESSAGE_BYTES, maxQueueBytes = MAX_QUEUE_BYTES } = given
  const limits = { maxMessageBytes, maxQueueBytes }
  checkLimits(limits)
  return limits
}

export const DEFAULT_PORT = 3000

export function urlOf(hostname: string | undefined, port: number): string {
  const name =
    hostname === undefined || hostname === '0.0.0.0' || hostname === '::' ? 'localhost' : hostname
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

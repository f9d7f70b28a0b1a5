import { checkLimits } from './connection/behaviour.ts'
import { type Crowd, drain, until } from './connection/drain.ts'
import { type Admitted, type App, admit } from './handshake/admit.ts'
import { type Refusal, refusal } from './handshake/refusal.ts'
import { knocksForEvents } from './handshake/knock.ts'
import { told } from './handshake/told.ts'
import { type Cut, openEvents } from './runtime/events.ts'
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
   * finish, for half of the time; clients are told to come back, each at another time, and closed with
   * 1012 in small groups. Then requests that are being answered may finish. At the end, or at once
   * with 0, whatever is left is cut off.
   *
   * @default {0}
   */
  drainMs?: number
}

/** What belongs to a server beside its sockets. */
export interface Listener {
  /** Takes no new connections. */
  stop?(): void
  /** Whether it is answering somebody still. */
  readonly busy?: boolean
  /** Ends all that is left. */
  cut?(): unknown
}

/** The sockets of one server, from their handshake to the server's end. */
export class Sockets implements Crowd {
  readonly limits: WireLimits
  readonly #timers: Timers
  readonly #opening: { readonly size: number } | undefined
  readonly #endpoints = new Set<Endpoint>()
  /** What refuses the handshakes that are not answered yet. */
  readonly #asking = new Set<() => void>()
  #ends = false

  /** Where an upgrade takes a while, `opening` are those that have begun. */
  constructor(limits: WireLimits, timers: Timers, opening?: { readonly size: number }) {
    this.limits = limits
    this.#timers = timers
    this.#opening = opening
  }

  /** Answers a handshake: `accept` performs the upgrade, unless the server ends before it is granted. */
  admit<T>(
    app: App,
    request: Request,
    env: object,
    accept: (admitted: Admitted) => T | Promise<T>,
  ): Promise<T | Response> {
    return new Promise((resolve, reject) => {
      const refuse = (): void => resolve(told(app, request, ending()))
      if (this.#ends) {
        refuse()
        return
      }
      this.#asking.add(refuse)
      admit(app, request, env, this.#timers)
        .then((outcome) => {
          if (!this.#asking.delete(refuse)) dismiss(outcome)
          else if (outcome instanceof Response) resolve(outcome)
          else {
            this.#endpoints.add(outcome.upgrade.endpoint)
            resolve(accept(outcome))
          }
        })
        .catch(reject)
    })
  }

  /**
   * Answers what is no WebSocket handshake. A stream of events counts among the sockets; `cut` ends the
   * TCP connection of its client, where breaking it off is not enough.
   */
  plain(
    app: App,
    request: Request,
    bindings: object,
    env: object,
    cut?: Cut,
  ): Response | Promise<Response> {
    if (!knocksForEvents(app, request)) return app.fetch(request, bindings)
    const opener = { limits: this.limits, timers: this.#timers, env, cut }
    return this.admit(app, request, bindings, ({ upgrade, headers }) =>
      openEvents(upgrade, headers, opener),
    )
  }

  /** Those that are not gone. Several servers may share an app, and its endpoints. */
  get live(): LiveSocket[] {
    return [...this.#endpoints].flatMap(({ live }) =>
      [...live].filter(({ transport }) => transport.limits === this.limits),
    )
  }

  get coming(): number {
    return this.#opening?.size ?? 0
  }

  /** @throws {RangeError} if the time is not a whole number */
  async close({ drainMs = 0 }: CloseOptions = {}, listener: Listener = {}): Promise<void> {
    if (drainMs !== 0) checkLimits({ drainMs })
    this.#ends = true
    for (const refuse of this.#asking) refuse()
    this.#asking.clear()
    if (drainMs > 0) {
      // Our timers keep no process alive, and what comes after this is to be reached.
      const hold = setInterval(() => {}, 60_000)
      const end = this.#timers.now() + drainMs
      await drain(this, drainMs, this.#timers)
      listener.stop?.()
      await until(() => !listener.busy, end, this.#timers)
      clearInterval(hold)
    }
    for (const c of this.live) c.abandon()
    await listener.cut?.()
  }
}

/** What is answered to who comes too late. */
export function ending(): Refusal {
  return refusal(503, 'This server is about to end', { 'Retry-After': '1' })
}

/** Nobody waits for it any more. */
function dismiss(outcome: Admitted | Response): void {
  if (outcome instanceof Response) outcome.body?.cancel().catch(() => {})
  else outcome.upgrade.ended?.()
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

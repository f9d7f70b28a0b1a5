import type { Context, MiddlewareHandler, Next } from 'hono'
import { checkLimits, needLimits } from '../connection/behaviour.ts'
import type { Call } from '../connection/call.ts'
import { type Follower, follow } from '../connection/followers.ts'
import type { Lifecycle } from '../connection/lifecycle.ts'
import { SocketError } from '../errors.ts'
import { followed, planned } from '../handshake/plan.ts'
import { CloseCode } from '../protocol/close-codes.ts'
import { bytesOf } from '../protocol/codec.ts'
import type { SocketMiddleware } from '../types.ts'
import { Bucket } from '../connection/bucket.ts'

/** Options of {@linkcode rateLimit}. */
export interface RateLimitOptions {
  /** Messages in a window; as many may come at once, and a sixteenth more. Each frame of an array is one. */
  messages: number
  /** Length of the window, in milliseconds. */
  windowMs: number
  /** Bytes in a window, and so the longest message; in front of a route only. @default no limit */
  bytes?: number
  /**
   * How many messages in a window may come though the client was told to wait; after them the connection is
   * closed with 4203. In front of a route only.
   *
   * @default {10}
   */
  strikes?: number
}

const NAME = 'rate'

/** In front of a route, and in `use` of a socket. */
export type RateLimit = MiddlewareHandler & SocketMiddleware

/**
 * How fast a client may talk. What is too much is answered with `rate_limited` and `retryAfter`, and no
 * handler runs.
 *
 * In front of a route it holds for all that a connection says, raw sockets included, and is looked at
 * before anything else; a client that does not wait is closed with 4203, and one of a raw socket at once. In
 * `use` of a socket it holds for what its handlers would do, alone or by `only(…)` for some of them.
 *
 * What was said is remembered in memory. A Durable Object that has slept, after ten seconds without any
 * event, remembers nothing: what may happen rarely, such as a mail, needs a limit in its storage.
 *
 * @throws {TypeError} if `messages` or `windowMs` is not set
 * @throws {RangeError} if a number is not a positive whole one
 *
 * @example
 * ```ts
 * import { rateLimit } from 'denwa/middleware'
 * import { Hono } from 'hono'
 *
 * const app = new Hono()
 * app.use('/chat/*', rateLimit({ messages: 100, bytes: 1_048_576, windowMs: 2_000 }))
 * ```
 */
export function rateLimit(options: RateLimitOptions): RateLimit {
  const { messages, windowMs } = options
  needLimits('rateLimit', { messages, windowMs })
  checkLimits(options)
  const buckets = new WeakMap<Lifecycle, Bucket>()

  function rateLimit(c: Context | Call, next: Next): Promise<void> {
    if ('req' in c) return planned(c, followed(c, NAME, options), next)
    const { connection } = c
    const now = connection.transport.timers.now()
    let bucket = buckets.get(connection)
    if (!bucket) buckets.set(connection, (bucket = new Bucket(messages, windowMs, now)))
    const waitMs = bucket.take(1, now)
    if (waitMs > 0) throw tooFast(waitMs)
    return next()
  }
  return rateLimit as unknown as RateLimit
}

function tooFast(retryAfterMs: number): SocketError {
  return new SocketError('rate_limited', 'too fast', { retryAfterMs })
}

/** Counts what a connection says, before anything is made of it. */
class Limiter implements Follower {
  readonly #c: Lifecycle
  readonly #messages: Bucket
  readonly #bytes: Bucket | undefined
  readonly #strikes: Bucket
  /** Until when the client was told to wait. */
  #until = 0

  constructor(c: Lifecycle, options: RateLimitOptions) {
    const { messages, windowMs, bytes, strikes = 10 } = options
    const now = c.transport.timers.now()
    this.#c = c
    this.#messages = new Bucket(messages, windowMs, now)
    this.#bytes = bytes === undefined ? undefined : new Bucket(bytes, windowMs, now)
    this.#strikes = new Bucket(strikes, windowMs, now)
  }

  take(data: string | Uint8Array): SocketError | undefined {
    return this.#take(this.#bytes ? bytesOf(data) : 0)
  }

  takeFrame(): SocketError | undefined {
    return this.#take(0)
  }

  #take(bytes: number): SocketError | undefined {
    const { timers } = this.#c.transport
    const waitMs = this.#messages.spend(1, timers) || (this.#bytes?.spend(bytes, timers) ?? 0)
    if (waitMs === 0) return undefined
    const now = timers.now()
    const heedless = now < this.#until
    this.#until = now + waitMs
    if (heedless && this.#strikes.take(1, now) > 0) {
      this.#c.close(CloseCode.rateLimited, 'too fast')
    }
    return tooFast(waitMs)
  }
}

follow(NAME, (c, options: RateLimitOptions) => new Limiter(c, options))

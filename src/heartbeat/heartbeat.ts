import type { MiddlewareHandler } from 'hono'
import { checkLimits } from '../connection/behaviour.ts'
import { BEAT, DEFAULT_BEAT } from '../connection/heartbeat.ts'
import { followed, planned } from '../handshake/plan.ts'

/** Options of {@linkcode heartbeat}. */
export interface HeartbeatOptions {
  /** Milliseconds from one question to the next. @default {25000} */
  intervalMs?: number
  /** Milliseconds for the answer, at most the interval. @default {10000} */
  timeoutMs?: number
}

/**
 * How soon a peer that has vanished is noticed: its connection is closed with 4201 when it has given
 * no sign of life for the interval and the timeout. Without this policy the defaults hold.
 *
 * Node and Bun send a ping of RFC 6455 section 5.5.2, and Deno does so by itself. A Worker sends a text
 * `ping` to clients that negotiated the protocol. A Durable Object sends nothing and is not woken:
 * clients ping, and who has not is noticed when the object is awake.
 *
 * @throws {RangeError} if a time is not a positive whole number, or the timeout exceeds the interval
 *
 * @example
 * ```ts
 * import { heartbeat } from 'denwa/heartbeat'
 * import { Hono } from 'hono'
 *
 * const app = new Hono()
 * app.use('/chat/*', heartbeat({ intervalMs: 20_000, timeoutMs: 5_000 }))
 * ```
 */
export function heartbeat(options: HeartbeatOptions = {}): MiddlewareHandler {
  const { intervalMs, timeoutMs } = options
  checkLimits({ intervalMs, timeoutMs })
  const everyMs = intervalMs ?? DEFAULT_BEAT.intervalMs
  if ((timeoutMs ?? 0) > everyMs) {
    throw new RangeError(
      `Cannot wait ${timeoutMs} ms for an answer and ask every ${everyMs} ms: ` +
        `set timeoutMs to at most ${everyMs}, or a longer intervalMs beside it`,
    )
  }
  return async function heartbeat(c, next) {
    await planned(c, followed(c, BEAT, { intervalMs, timeoutMs }), next)
  }
}

import type { MiddlewareHandler } from 'hono'
import { needLimits } from '../connection/behaviour.ts'
import { follow } from '../connection/followers.ts'
import { followed, planned } from '../handshake/plan.ts'
import { CloseCode } from '../protocol/close-codes.ts'

const NAME = 'age'
/** How often handlers that are at work are looked after, and for how long at most. */
const STEP_MS = 500
const PATIENCE_MS = 10_000
/** When the client may come back. */
const RETRY = [0, 1000] as const

interface Setting {
  readonly ms: number
  readonly jitter: number
  /** When it ends. */
  at?: number
}

follow(NAME, (c, setting: Setting) => {
  const { timers } = c.transport
  const { ms, jitter } = setting
  const end = (setting.at ??= Math.round(timers.now() + ms * (1 - jitter * timers.random())))
  return {
    tick(now) {
      if (now < end) return end
      c.drain(RETRY, now >= end + PATIENCE_MS, CloseCode.reconnect, 'age')
      return now + STEP_MS
    },
  }
})

/** Options of {@linkcode maxAge}. */
export interface MaxAgeOptions {
  /** Which part of the time may be missing, at random: what began together does not end together. @default {0.1} */
  jitter?: number
}

/**
 * Ends a connection when it gets too old, whatever goes on: a client that comes back finds a new server,
 * a new credential is asked for. Handlers that are at work may finish, for ten seconds; then the client
 * is told `$bye`, and closed with 4200.
 *
 * @param ms milliseconds
 * @throws {TypeError} if there is no `ms`
 * @throws {RangeError} if `ms` is not a positive whole number, or `jitter` not between 0 and 1
 *
 * @example
 * ```ts
 * import { maxAge } from 'denwa/heartbeat'
 * import { Hono } from 'hono'
 *
 * const app = new Hono()
 * app.use('/chat/*', maxAge(6 * 3_600_000, { jitter: 0.2 }))
 * ```
 */
export function maxAge(ms: number, options: MaxAgeOptions = {}): MiddlewareHandler {
  needLimits('maxAge', { ms })
  const { jitter = 0.1 } = options
  if (!(jitter >= 0 && jitter <= 1)) {
    throw new RangeError(`Cannot set jitter to ${jitter}: use a part, from 0 to 1`)
  }
  return async function maxAge(c, next) {
    await planned(c, followed(c, NAME, { ms, jitter }), next)
  }
}

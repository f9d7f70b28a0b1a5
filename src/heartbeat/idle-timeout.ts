import type { MiddlewareHandler } from 'hono'
import { needLimits } from '../connection/behaviour.ts'
import { follow } from '../connection/followers.ts'
import { followed, planned } from '../handshake/plan.ts'
import { CloseCode } from '../protocol/close-codes.ts'

const NAME = 'idle'
/** What is remembered of the last message may be older by this part of the time. */
const GRAIN = 1 / 8

interface Setting {
  readonly ms: number
  /** When something was said last. */
  at?: number
}

follow(NAME, (c, setting: Setting) => {
  const { transport, snapshot } = c
  const { timers } = transport
  const { ms } = setting
  // Who reads server-sent events cannot speak.
  if (snapshot.events) return {}
  setting.at ??= timers.now()
  return {
    take(data) {
      if (data === 'ping' || data === 'pong') return undefined
      const now = timers.now()
      if (now - (setting.at as number) > ms * GRAIN) {
        setting.at = now
        transport.persistSoon?.(snapshot)
      }
      return undefined
    },
    tick(now) {
      const end = (setting.at as number) + ms * (1 + GRAIN)
      if (now >= end) c.close(CloseCode.noTraffic, 'idle')
      return end
    },
  }
})

/**
 * Closes a connection with 4201 on which the client has said nothing for this long. Pings do not count:
 * they show that it is there, and this that it is of use. It may take an eighth longer.
 *
 * @param ms milliseconds
 * @throws {TypeError} if there is no `ms`
 * @throws {RangeError} if `ms` is not a positive whole number
 *
 * @example
 * ```ts
 * import { idleTimeout } from 'denwa/heartbeat'
 * import { Hono } from 'hono'
 *
 * const app = new Hono()
 * app.use('/chat/*', idleTimeout(15 * 60_000))
 * ```
 */
export function idleTimeout(ms: number): MiddlewareHandler {
  needLimits('idleTimeout', { ms })
  return async function idleTimeout(c, next) {
    await planned(c, followed(c, NAME, { ms }), next)
  }
}

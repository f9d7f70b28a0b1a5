import type { Context, MiddlewareHandler } from 'hono'
import { checkLimits, needLimits } from '../connection/behaviour.ts'
import { Bucket } from '../connection/bucket.ts'
import { exceeds } from '../protocol/codec.ts'
import type { Timers } from '../runtime/port.ts'
import { systemTimers } from '../runtime/timers.ts'
import { addressKey, clientAddress } from './address.ts'
import { knocks } from './knock.ts'
import { handoverOf, planOf, planned } from './plan.ts'
import { refuse } from './refuse.ts'
import { routeAhead } from './route.ts'

/** Options of {@linkcode capacity}. */
export interface CapacityOptions {
  /** Connections at a time: of all, or of those that share a key. */
  max: number
  /**
   * Counts apart what has different keys: rooms, users, tenants. `'address'` is the client's, an IPv6
   * one by its /64; a function may read another from the header of a proxy that you trust.
   *
   * @default all are counted together
   */
  key?: 'address' | ((c: Context) => string)
  /** Handshakes with the same key in a window, accepted or not. @default no limit */
  attempts?: { max: number; windowMs: number }
  /** When to try again, in milliseconds: the header `Retry-After`. @default {5000} */
  retryAfterMs?: number
}

/** Keys whose handshakes are remembered. */
const MAX_KEYS = 10_000
/** A socket of a Durable Object has at most so many tags, each of so many bytes in UTF-8. */
const MAX_TAGS = 10
const MAX_TAG_BYTES = 256

let policies = 0

/**
 * How many connections there may be. Beyond it a handshake is refused, with 429 if the count is that of
 * an address, else with 503. Counted where the connection lives: in this process, or in the Durable
 * Object. Make it where the app is made, not in a handler.
 *
 * @throws {TypeError} if `max`, or one of `attempts`, is not set
 * @throws {RangeError} if a number is not a positive whole one
 *
 * @example
 * ```ts
 * import { capacity } from 'denwa/handshake'
 * import { Hono } from 'hono'
 *
 * const app = new Hono()
 * app.use('/chat/*', capacity({ max: 100, key: 'address', attempts: { max: 50, windowMs: 5_000 } }))
 * app.use('/chat/:room', capacity({ max: 500, key: (c) => c.req.param('room') ?? '' }))
 * ```
 */
export function capacity(options: CapacityOptions): MiddlewareHandler {
  const { max, key, attempts, retryAfterMs = 5000 } = options
  needLimits('capacity', { max })
  checkLimits({ retryAfterMs })
  if (attempts) {
    needLimits('capacity', { 'attempts.max': attempts.max, 'attempts.windowMs': attempts.windowMs })
  }
  const status = key === 'address' ? 429 : 503
  const keyOf = key === 'address' ? (c: Context) => addressKey(clientAddress(c)) : key
  const open = new Map<string, number>()
  const tries = attempts && new Tries(attempts)
  const prefix = `${policies++}:`

  const full = (c: Context, waitMs: number): Promise<never> =>
    refuse(c, {
      status,
      code: 1013,
      why: 'Too many connections',
      headers: { 'Retry-After': String(Math.ceil(waitMs / 1000)) },
    })

  return async function capacity(c, next) {
    if (!knocks(c)) return next()
    const name = keyOf?.(c) ?? ''
    const handover = handoverOf(c)
    const waitMs = tries?.take(name, handover?.timers ?? systemTimers) ?? 0
    if (waitMs > 0) await full(c, waitMs)
    const ahead = routeAhead(c)
    const pass = async (): Promise<void> => {
      if (ahead && !ahead.forward) return next()
      const { slots = [] } = planOf(c)
      if (slots.length >= MAX_TAGS) {
        throw new RangeError(`Cannot count a connection in more than ${MAX_TAGS} ways`)
      }
      const tag = await tagOf(prefix + name)
      return planned(c, { slots: [...slots, { tag, max, status, retryAfterMs }] }, next)
    }
    // In an app that is mounted it is not to be seen: there it is counted here as well.
    if (ahead?.forward) return pass()
    const count = open.get(name) ?? 0
    if (count >= max) await full(c, retryAfterMs)
    open.set(name, count + 1)
    let held = true
    const release = (): void => {
      if (!held) return
      held = false
      const left = (open.get(name) ?? 1) - 1
      if (left > 0) open.set(name, left)
      else open.delete(name)
    }
    if (handover?.held) handover.held.push(release)
    else release()
    try {
      await pass()
    } catch (error) {
      // Another policy may be tried instead: the connection is none of those counted here.
      release()
      throw error
    }
  }
}

/** A key may be anything that a client has sent. */
async function tagOf(name: string): Promise<string> {
  if (!exceeds(name, MAX_TAG_BYTES)) return name
  const bytes = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name)),
  )
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Handshakes by key, in buckets that fill up again. */
class Tries {
  readonly #limit: { readonly max: number; readonly windowMs: number }
  readonly #buckets = new Map<string, Bucket>()

  constructor(limit: { readonly max: number; readonly windowMs: number }) {
    this.#limit = limit
  }

  /** Milliseconds to wait: 0 for one that is let in. */
  take(key: string, timers: Timers): number {
    const { max, windowMs } = this.#limit
    const now = timers.now()
    const known = this.#buckets.get(key)
    const bucket = known ?? new Bucket(max, windowMs, now)
    // The longest unseen is the first to be forgotten.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > MAX_KEYS) {
      const [oldest] = this.#buckets.keys()
      this.#buckets.delete(oldest as string)
    }
    return bucket.take(1, now)
  }
}

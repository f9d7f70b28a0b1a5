import type { Context } from 'hono'
import { checkLimits } from '../connection/behaviour.ts'
import type { Timers } from '../runtime/port.ts'
import { systemTimers } from '../runtime/timers.ts'
import { isSameOrigin } from './origins.ts'

/** Where tickets wait for those who bring them. */
export interface TicketStore {
  /** Keeps a value, no longer than `ttlMs`. @throws {Error} if there is no room */
  put(ticket: string, value: string, ttlMs: number, c: Context): unknown
  /** Gives it and forgets it, in one step: of two who bring the same ticket, one gets it. */
  take(ticket: string, c: Context): string | undefined | Promise<string | undefined>
}

/** Options of {@linkcode tickets}. */
export interface TicketsOptions {
  /** How long a ticket is good, in milliseconds, up to 30000. @default {30000} */
  ttlMs?: number
}

/** What a ticket is issued for. */
export interface TicketGrant<V> {
  /** The path of the socket, as the page writes it: `/chat/lobby`. */
  path: string
  /** What the policy sets as variables of the context: JSON. */
  value: V
  /** The page that may use it. @default that of the request by which it is issued */
  origin?: string
}

/** Issues tickets, and takes them back. */
export interface TicketDesk<V> {
  /** @throws {TypeError} if the path is none */
  issue(c: Context, grant: TicketGrant<V>): Promise<string>
  /** For {@linkcode ticket}. */
  verify(ticket: string, c: Context): Promise<V | null>
}

interface Issued<V> {
  readonly path: string
  readonly origin: string | null
  readonly value: V
}

const MAX_TTL_MS = 30_000

/**
 * Tickets of 256 random bits, each good once, for one path, and for the page that asked for it. Issue
 * them from a route that knows who asks.
 *
 * @throws {RangeError} if `ttlMs` is not a whole number from 1 to 30000
 *
 * @example
 * ```ts
 * import { memoryTickets, tickets } from 'denwa/handshake'
 *
 * export const desk = tickets<{ user: string }>(memoryTickets(), { ttlMs: 10_000 })
 * ```
 */
export function tickets<V extends Record<string, unknown>>(
  store: TicketStore,
  options: TicketsOptions = {},
): TicketDesk<V> {
  const { ttlMs = MAX_TTL_MS } = options
  checkLimits({ ttlMs })
  if (ttlMs > MAX_TTL_MS) {
    throw new RangeError(`Cannot issue tickets for ${ttlMs} ms: use at most ${MAX_TTL_MS}`)
  }
  return {
    async issue(c, { path, value, origin }) {
      const ticket = randomName()
      const issued: Issued<V> = {
        path: spelled(path),
        origin: origin ?? c.req.header('origin') ?? null,
        value,
      }
      await store.put(ticket, JSON.stringify(issued), ttlMs, c)
      return ticket
    },
    async verify(ticket, c) {
      if (!NAME.test(ticket)) return null
      const text = await store.take(ticket, c)
      if (text === undefined) return null
      const { path, origin, value } = JSON.parse(text) as Issued<V>
      const asks = c.req.header('origin')
      // Who issued it to a page knew no origin where the page asked its own host by a GET.
      const fits = origin === null ? !asks || isSameOrigin(asks, c) : asks === origin
      return fits && path === URL.parse(c.req.url)?.pathname ? value : null
    },
  }
}

/** A path as it stands in a URL: Hono decodes it, and a page may have encoded it. */
function spelled(path: string): string {
  const url = path.startsWith('/') ? URL.parse(`http://host${path}`) : null
  if (url) return url.pathname
  throw new TypeError(`Cannot issue a ticket for "${path}": write a path such as /chat/lobby`)
}

const NAME = /^[A-Za-z0-9_-]{43}$/

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Options of {@linkcode memoryTickets}. */
export interface MemoryTicketsOptions {
  /** Tickets that may wait. @default {10000} */
  max?: number
  /** Time, such as a clock for tests. @default that of the system */
  clock?: Timers
}

/**
 * Keeps tickets in this process: for one server.
 *
 * @throws {RangeError} if `max` is not a positive whole number
 *
 * @example
 * ```ts
 * import { memoryTickets } from 'denwa/handshake'
 *
 * export const store = memoryTickets({ max: 1_000 })
 * ```
 */
export function memoryTickets(options: MemoryTicketsOptions = {}): TicketStore {
  const { max = 10_000, clock = systemTimers } = options
  checkLimits({ max })
  const kept = new Map<string, { value: string; until: number }>()
  return {
    put(ticket, value, ttlMs) {
      const now = clock.now()
      for (const [name, { until }] of kept) {
        if (until > now) break
        kept.delete(name)
      }
      if (kept.size >= max) {
        // Others may have been issued for less time.
        for (const [name, { until }] of kept) if (until <= now) kept.delete(name)
      }
      if (kept.size >= max) throw new Error(`Cannot issue a ticket: ${max} are out`)
      kept.set(ticket, { value, until: now + ttlMs })
    },
    take(ticket) {
      const found = kept.get(ticket)
      kept.delete(ticket)
      return found && found.until > clock.now() ? found.value : undefined
    },
  }
}

import type { Context, Next } from 'hono'
import { type Follows, HANDOVER, type Handover } from '../runtime/port.ts'

/** A place among few: where the connection lives in an object, it is counted there. */
export interface Slot {
  /** Of the sockets that are counted. */
  readonly tag: string
  readonly max: number
  readonly status: 429 | 503
  readonly retryAfterMs: number
}

/** What policies in front of a socket route have decided, for the route and the connection to follow. */
export interface Plan {
  /** Replaces the same-origin default. */
  readonly originChecked?: boolean
  /** Replaces the subprotocols that the endpoint knows by itself. */
  readonly protocols?: readonly string[]
  /** What the connection follows. */
  readonly follows?: Follows
  readonly slots?: readonly Slot[]
}

const NOTHING: Plan = {}
const plans = new WeakMap<Context, Plan>()

/** The plan of this handshake. */
export function planOf(c: Context): Plan {
  return plans.get(c) ?? NOTHING
}

/** What the entry around the app, if there is one, wants back. */
export function handoverOf(c: Context): Handover | undefined {
  return (c.env as { [HANDOVER]?: Handover } | undefined)?.[HANDOVER]
}

/**
 * Adds to the plan, and to the variables of the context; takes both back if what comes after refuses:
 * `some()` may try another policy then, which knows nothing of this one's client.
 */
export async function planned(
  c: Context,
  added: Plan,
  next: Next,
  variables: object = {},
): Promise<void> {
  const before = planOf(c)
  const entries = Object.entries(variables) as [string, unknown][]
  const values = entries.map(([name]) => [name, c.get(name) as unknown] as const)
  plans.set(c, { ...before, ...added })
  for (const [name, value] of entries) c.set(name, value)
  try {
    await next()
  } catch (error) {
    plans.set(c, before)
    for (const [name, value] of values) c.set(name, value)
    throw error
  }
}

/** Something to follow: later policies override earlier ones key by key. */
export function followed(c: Context, name: string, setting: object): Plan {
  const { follows } = planOf(c)
  const set = Object.entries(setting).filter(([, value]) => value !== undefined)
  return { follows: { ...follows, [name]: { ...follows?.[name], ...Object.fromEntries(set) } } }
}

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

/** What a handshake has gathered on its way, through apps that are mounted too. */
interface Gathered {
  plan: Plan
  /** Whether a socket of ours was reached, which follows it. */
  reached: boolean
}

const NOTHING: Plan = {}
const gathered = new WeakMap<object, Gathered>()
/** What sockets have taken: they may need it when the policies are through. */
const taken = new WeakMap<Context, Plan>()

/** Where bindings keep it without an entry of ours. */
const GATHERED: unique symbol = Symbol('plan')

interface Bindings {
  readonly [HANDOVER]?: Handover
  readonly [GATHERED]?: Gathered
}

function gatheredBy(c: Context): Gathered {
  const env = c.env as Bindings | undefined
  const handover = handoverOf(c)
  const known = gathered.get(handover ?? c) ?? (handover ? undefined : env?.[GATHERED])
  if (known) return known
  const made: Gathered = { plan: NOTHING, reached: false }
  gathered.set(handover ?? c, made)
  // A mounted app has a context of its own, and its request is another: the bindings go along.
  if (!handover && isPlain(env)) c.env = { ...env, [GATHERED]: made }
  return made
}

/** A copy of anything else would not be the same. */
function isPlain(env: object = {}): boolean {
  const prototype: unknown = Object.getPrototypeOf(env)
  return prototype === Object.prototype || prototype === null
}

/** The plan of this handshake. */
export function planOf(c: Context): Plan {
  return taken.get(c) ?? gatheredBy(c).plan
}

/** The same, for the socket that follows it. */
export function takePlan(c: Context): void {
  const found = gatheredBy(c)
  found.reached = true
  taken.set(c, found.plan)
}

/** Whether the handshake has got to a socket. */
export function isReached(c: Context): boolean {
  return gatheredBy(c).reached
}

/** What the entry around the app, if there is one, wants back. */
export function handoverOf(c: Context): Handover | undefined {
  return (c.env as Bindings | undefined)?.[HANDOVER]
}

/**
 * Adds to the plan for what comes after, and to the variables of the context. The variables are taken back
 * if that refuses: `some()` may try another policy then, which knows nothing of this one's client.
 */
export async function planned(
  c: Context,
  added: Plan,
  next: Next,
  variables: object = {},
): Promise<void> {
  const found = gatheredBy(c)
  const before = found.plan
  const entries = Object.entries(variables) as [string, unknown][]
  const values = entries.map(([name]) => [name, c.get(name) as unknown] as const)
  found.plan = { ...before, ...added }
  for (const [name, value] of entries) c.set(name, value)
  try {
    await next()
  } catch (error) {
    for (const [name, value] of values) c.set(name, value)
    throw error
  } finally {
    found.plan = before
  }
}

/** Something to follow: later policies override earlier ones key by key. */
export function followed(c: Context, name: string, setting: object): Plan {
  const { follows } = planOf(c)
  const set = Object.entries(setting).filter(([, value]) => value !== undefined)
  return { follows: { ...follows, [name]: { ...follows?.[name], ...Object.fromEntries(set) } } }
}

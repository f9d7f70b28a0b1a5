import type { Context } from 'hono'

/** What policies in front of a socket route have decided, for the route to follow. */
export interface Plan {
  /** Replaces the same-origin default. */
  originChecked?: boolean
  /** Replaces the subprotocols that the endpoint knows by itself. */
  protocols?: readonly string[]
}

const plans = new WeakMap<Context, Plan>()

/** The plan of this handshake; policies write to it, later ones override earlier ones key by key. */
export function planOf(c: Context): Plan {
  let plan = plans.get(c)
  if (!plan) plans.set(c, (plan = {}))
  return plan
}

import type { Context } from 'hono'
import { findTargetHandler } from 'hono/utils/handler'
import type { Endpoint, Snapshot } from '../runtime/port.ts'

/** What a socket route brings to its handshake. */
export interface Route {
  readonly endpoint: Endpoint
  readonly protocols: readonly string[]
  readonly state: ((c: Context) => unknown) | undefined
  /** Where the socket lives, if not where the handshake is: set by a Durable Object class. */
  forward: ((c: Context, snapshot: Snapshot, headers: Headers) => Promise<Response>) | undefined
}

/** Where a socket keeps what entries and policies need of it, and applications do not. */
export const INTERNALS: unique symbol = Symbol.for('denwa.internals')

/** The socket that a handshake is for, seen from a policy in front of it. */
export function routeAhead(c: Context): Route | undefined {
  for (const { handler } of c.req.matchedRoutes) {
    const target = findTargetHandler(handler) as { [INTERNALS]?: { readonly route: Route } }
    if (target[INTERNALS]) return target[INTERNALS].route
  }
  return undefined
}

import type { Context } from 'hono'
import type { RouterRoute } from 'hono/types'
import { findTargetHandler } from 'hono/utils/handler'
import type { Pattern } from '../channel/address.ts'
import type { Endpoint, Snapshot } from '../runtime/port.ts'

/** What a socket route brings to its handshake. */
export interface Route {
  readonly endpoint: Endpoint
  readonly protocols: readonly string[]
  /** Whether it speaks in frames. */
  readonly typed: boolean
  readonly state: ((c: Context) => unknown) | undefined
  /** The channel that is read by server-sent events, if one is. */
  readonly events?: Pattern | undefined
  /** Where the socket lives, if not where the handshake is: set by a Durable Object class. */
  forward: ((c: Context, snapshot: Snapshot, headers: Headers) => Promise<Response>) | undefined
}

/** Where a socket keeps what entries and policies need of it, and applications do not. */
export const INTERNALS: unique symbol = Symbol.for('denwa.internals')

/** Where a policy keeps the subprotocols that it will leave to the socket. */
export const PROTOCOLS: unique symbol = Symbol('protocols')

interface Ahead {
  readonly [INTERNALS]?: { readonly route: Route }
  readonly [PROTOCOLS]?: readonly string[]
}

/** The path of the first socket among routes; empty if there is none. */
export function pathOf(routes: readonly RouterRoute[]): string {
  return routes.find((each) => socketOf(each))?.path ?? ''
}

/** The socket that a route is, if it is one. */
export function socketOf({ handler }: RouterRoute): Route | undefined {
  return (findTargetHandler(handler) as Ahead)[INTERNALS]?.route
}

/** The socket that a handshake is for, seen from a policy in front of it. */
export function routeAhead(c: Context): Route | undefined {
  let protocols: readonly string[] | undefined
  for (const { handler } of c.req.matchedRoutes) {
    const target = findTargetHandler(handler) as Ahead
    protocols = target[PROTOCOLS] ?? protocols
    const route = target[INTERNALS]?.route
    if (route) return protocols ? { ...route, protocols } : route
  }
  return undefined
}

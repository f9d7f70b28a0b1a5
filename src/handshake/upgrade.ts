import type { Context, Next } from 'hono'
import { findTargetHandler, isMiddleware } from 'hono/utils/handler'
import { newSnapshot } from '../connection/state.ts'
import { BEARER_PREFIX, chooseProtocol } from '../protocol/subprotocol.ts'
import {
  type Endpoint,
  HANDOVER,
  type Handover,
  MARK_STATUS,
  type Snapshot,
  type Upgrade,
} from '../runtime/port.ts'
import { refuseCrossOrigin } from './origin.ts'
import { planOf } from './plan.ts'
import { refusal, upgradeRequired } from './refusal.ts'
import { switchingHeaders } from './switching.ts'
import { asksForWebSocket, offeredProtocols, refuseHandshake } from './request.ts'

/** What a socket route brings to its handshake. */
export interface Route {
  readonly endpoint: Endpoint
  readonly protocols: readonly string[]
  readonly state: ((c: Context) => unknown) | undefined
  /** Where the socket lives, if not where the handshake is: set by a Durable Object class. */
  forward: ((c: Context, snapshot: Snapshot, headers: Headers) => Promise<Response>) | undefined
}

/** The Hono handler of a socket route: decides, and leaves the upgrade itself to the entry. */
export async function handshake(route: Route, c: Context, next: Next): Promise<Response> {
  const request = c.req.raw
  if (!asksForWebSocket(request.headers)) return fallThrough(c, next)
  const plan = planOf(c)
  const refused =
    refuseHandshake(request) ?? (plan.originChecked ? undefined : await refuseCrossOrigin(c))
  if (refused) return refused

  const offered = offeredProtocols(request.headers)
  if (!offered) return refusal(400, 'Sec-WebSocket-Protocol is not a list of unique tokens')
  const names = offered.filter((name) => !name.startsWith(BEARER_PREFIX))
  const known = plan.protocols ?? route.protocols
  const protocol = chooseProtocol(names, known)
  if (names.length > 0 && protocol === undefined) {
    return refusal(400, `This endpoint speaks ${known.join(', ') || 'no subprotocol'}`)
  }
  const snapshot = newSnapshot(await route.state?.(c), protocol ?? '')
  const { forward } = route
  return grant(c, {
    endpoint: route.endpoint,
    snapshot,
    ...(forward && { forward: (headers) => forward(c, snapshot, headers) }),
  })
}

function grant(c: Context, upgrade: Upgrade): Response | Promise<Response> {
  const handover = (c.env as { [HANDOVER]?: Handover } | undefined)?.[HANDOVER]
  if (handover) {
    handover.upgrade = upgrade
    // c.body() brings along what c.header() and setCookie() have set.
    const { headers } = c.body(null)
    return new Response(null, { status: MARK_STATUS, statusText: handover.mark, headers })
  }
  // Without an entry of ours around the app: Cloudflare honours what middleware does to a 101.
  if (upgrade.forward) {
    return upgrade.forward(switchingHeaders(c.body(null).headers, upgrade.snapshot.protocol))
  }
  throw new Error(
    'Cannot upgrade: serve the app with serve() or handler() of denwa/node, denwa/bun, denwa/deno ' +
      'or denwa/cloudflare, or test it with connect() of denwa/testing',
  )
}

/** Not a handshake: a later handler of the route may want it, such as one that answers with a page. */
async function fallThrough(c: Context, next: Next): Promise<Response> {
  const later = c.req.matchedRoutes.slice(c.req.routeIndex + 1)
  if (later.length > 0) {
    await next()
    // A handler's own 404 stands; that of middleware which found nothing is the app's "not found".
    const claimed = later.some(({ handler }) => !isMiddleware(findTargetHandler(handler)))
    if (c.finalized && (claimed || c.res.status !== 404)) return c.res
  }
  // What is returned after a "not found" would be ignored.
  c.res = upgradeRequired('This endpoint is a WebSocket', false)
  return c.res
}

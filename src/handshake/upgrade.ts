import type { Context, Next } from 'hono'
import { findTargetHandler, isMiddleware } from 'hono/utils/handler'
import { newSnapshot } from '../connection/state.ts'
import { emit, observed } from '../observe.ts'
import { BEARER_PREFIX, chooseProtocol } from '../protocol/subprotocol.ts'
import { MARK_STATUS, type Upgrade } from '../runtime/port.ts'
import { refuseCrossOrigin } from './origin.ts'
import { readingOf } from './events.ts'
import { asksForEvents, knocks } from './knock.ts'
import { handoverOf, planOf, takePlan } from './plan.ts'
import type { Route } from './route.ts'
import { type Refusal, refusal, upgradeRequired } from './refusal.ts'
import { switchingHeaders } from './switching.ts'
import { offeredProtocols, refuseHandshake } from './request.ts'

/** The Hono handler of a socket route: decides, and leaves the upgrade itself to the entry. */
export async function handshake(route: Route, c: Context, next: Next): Promise<Response> {
  if (!knocks(c)) {
    if (route.events && asksForEvents(c.req.raw)) throw new Error(NO_ENTRY)
    return fallThrough(c, next)
  }
  const handover = handoverOf(c)
  takePlan(c)
  const wanted =
    handover?.events && route.events ? await readingOf(route.events, c) : await negotiate(route, c)
  if (wanted instanceof Response) {
    if (handover && 'why' in wanted) handover.refused = wanted as Refusal
    return wanted
  }
  const [protocol, events] = typeof wanted === 'string' ? [wanted] : ['', wanted]
  const { path } = c.req.matchedRoutes[c.req.routeIndex] ?? { path: '' }
  const snapshot = {
    ...newSnapshot(await route.state?.(c), protocol, planOf(c).follows, path),
    ...(events && { events }),
  }
  if (observed.granted) emit({ type: 'granted', connection: snapshot.id, route: path })
  const { forward } = route
  return grant(c, {
    endpoint: route.endpoint,
    snapshot,
    ...(forward && { forward: (headers) => forward(c, snapshot, headers) }),
  })
}

/** The subprotocol to speak, `''` for none; or what is wrong with the handshake. */
export async function negotiate(route: Route, c: Context): Promise<string | Refusal> {
  const request = c.req.raw
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
  return protocol ?? ''
}

function grant(c: Context, upgrade: Upgrade): Response | Promise<Response> {
  const handover = handoverOf(c)
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
  throw new Error(NO_ENTRY)
}

const NO_ENTRY =
  'Cannot upgrade: serve the app with serve() or handler() of denwa/node, denwa/bun, denwa/deno ' +
  'or denwa/cloudflare, or test it with connect() of denwa/testing'

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

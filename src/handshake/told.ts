import type { Hono } from 'hono'
import { emit, observed } from '../observe.ts'
import type { Handover } from '../runtime/port.ts'
import type { Refusal } from './refusal.ts'
import { pathOf } from './route.ts'

/** A Hono app, as far as an entry needs it. */
export interface App {
  fetch(request: Request, env?: unknown, context?: unknown): Response | Promise<Response>
}

/** Those whose refusal observers know: the end of a server may come before the app has answered. */
const known = new WeakSet<Request>()

/** Tells the observers that a handshake was refused, and gives the answer back. */
export function tell<R extends Pick<Refusal, 'status' | 'why'>>(response: R, route = ''): R {
  const { status, why } = response
  if (observed.refused) emit({ type: 'refused', status, why, route })
  return response
}

/**
 * The same once for a request, whose route is looked up. A refusal that another policy, or a handler of
 * errors, made up for is not the reason.
 */
export function told<R extends Response>(
  app: App,
  request: Request,
  response: R,
  { refused }: Pick<Handover, 'refused'> = {},
): R {
  const { status } = response
  // Upgraded by something else
  if (!observed.refused || status === 101 || known.has(request)) return response
  known.add(request)
  const { why = `${status}` } =
    refused?.status === status ? refused : (response as Partial<Refusal>)
  tell({ status, why }, routeOf(app, request))
  return response
}

/** Also where the app has not got as far as that. */
function routeOf(app: App, request: Request): string {
  const { router, getPath } = app as Partial<Hono>
  if (!router || !getPath) return ''
  const [matched] = router.match('GET', getPath(request, { env: {} }))
  return pathOf(matched.map(([[, route]]) => route))
}

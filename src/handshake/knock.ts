import type { Context } from 'hono'
import type { Hono } from 'hono'
import { acceptsEvents } from '../protocol/event-stream.ts'
import type { App } from './told.ts'
import { handoverOf } from './plan.ts'
import { asksForWebSocket } from './request.ts'
import { socketOf } from './route.ts'

/** Whether a request asks for server-sent events, from whatever route. */
export function asksForEvents({ method, headers }: Request): boolean {
  return (
    acceptsEvents(headers.get('accept')) &&
    (method === 'GET' || method === 'HEAD') &&
    !asksForWebSocket(headers)
  )
}

/** Whether it asks them of a socket, as the entry sees it before any middleware runs. */
export function knocksForEvents(app: App, request: Request): boolean {
  const { router, getPath } = app as Partial<Hono>
  if (!asksForEvents(request) || !router || !getPath) return false
  const [matched] = router.match('GET', getPath(request, { env: {} }))
  const sockets = matched.flatMap(([[, route]]) => socketOf(route) ?? [])
  return sockets[0]?.events !== undefined
}

/**
 * Whether a request wants in, and is judged: a handshake, or what the entry has found to ask for the
 * events of a socket. All else passes.
 */
export function knocks(c: Context): boolean {
  return asksForWebSocket(c.req.raw.headers) || handoverOf(c)?.events === true
}

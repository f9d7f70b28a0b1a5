import type { Context, MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { logger } from 'hono/logger'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { timing } from 'hono/timing'
import { note } from './trace.ts'

/** Hono's own middleware, as an application stacks it up. */
export const stack: MiddlewareHandler[] = [
  logger(() => {}),
  requestId(),
  timing(),
  cors({ origin: (origin) => origin, credentials: true }),
  secureHeaders(),
]

/** Headers and cookies, before and after. */
export const decorate: MiddlewareHandler = async (c, next) => {
  c.header('X-Before', 'before')
  setCookie(c, 'before', '1')
  await next()
  c.header('X-After', 'after')
  setCookie(c, 'after', '2', { httpOnly: true })
  c.res.headers.set('X-Set', 'set')
}

/** Refuses before the socket's own handler runs. */
export const refuse: MiddlewareHandler = async (c) => {
  const status = Number(c.req.query('status') ?? 401)
  const headers = { 'WWW-Authenticate': 'Bearer', 'X-Reason': 'no-token' }
  return c.json({ error: 'who are you?', filler: 'x'.repeat(500) }, status as 401, headers)
}

/** Changes its mind after `next()`: `/late/:how/:room`. */
export const late: MiddlewareHandler = async (c, next) => {
  await next()
  switch (c.req.param('how')) {
    case 'replace':
      c.res = new Response('too late', { status: 401, headers: { 'X-Late': '1' } })
      return
    case 'return':
      c.res = undefined
      c.res = c.text('too late', 401)
      return
    case 'refuse':
      throw new HTTPException(401, { message: 'too late' })
    case 'throw':
      throw new Error('too late')
    case 'rebuild':
      c.res = new Response(c.res.body, c.res)
  }
}

/** An async guard that takes as long as the query says. */
export const slowGuard: MiddlewareHandler = async (c, next) => {
  await new Promise((resolve) => setTimeout(resolve, Number(c.req.query('ms') ?? 50)))
  await next()
}

export const endlessGuard: MiddlewareHandler = () => new Promise(() => {})

/** Counts who comes by, for handlers that must not run. */
export const counted =
  (name: string): MiddlewareHandler =>
  async (c: Context, next) => {
    note(c.req.param('room') ?? '', name)
    await next()
  }

import type { Context, MiddlewareHandler } from 'hono'
import { conceal, concealedIn } from './conceal.ts'
import { knocks } from './knock.ts'
import { planned } from './plan.ts'
import { type Refuse, refuse } from './refuse.ts'

/** Options of {@linkcode ticket}. */
export interface TicketOptions<V extends Record<string, unknown>> {
  /** What the ticket is good for, as variables of the context; `null` if it is good for nothing. */
  verify(ticket: string, c: Context): V | null | Promise<V | null>
  /** The parameter of the query. @default {'ticket'} */
  param?: string
  /** @default {'http'}: 401; `'close'`: 4100 after the 101 */
  refuse?: Refuse
}

/**
 * Admits who brings a ticket in the query: something short-lived that was issued over HTTP a moment
 * before, to a page that cannot set headers. {@linkcode tickets} issues and verifies single-use ones.
 *
 * The parameter is taken out of the request before any middleware runs: no handler and no logger sees
 * it. Proxies in front do, which is why a ticket must not be good for long, nor twice.
 *
 * @throws {TypeError} if the parameter has no name
 *
 * @example
 * ```ts
 * import { memoryTickets, ticket, tickets } from 'denwa/handshake'
 * import { Hono } from 'hono'
 *
 * const desk = tickets<{ user: string }>(memoryTickets())
 *
 * const app = new Hono()
 * app.post('/ticket', async (c) =>
 *   c.text(await desk.issue(c, { path: '/chat/lobby', value: { user: 'ann' } })),
 * )
 * app.use('/chat/*', ticket(desk))
 * ```
 */
export function ticket<V extends Record<string, unknown>>(
  options: TicketOptions<V>,
): MiddlewareHandler<{ Variables: V }> {
  const { param = 'ticket', refuse: how } = options
  if (param === '') throw new TypeError('Cannot find a ticket without a name: set param')
  conceal(param)
  return async function ticket(c, next) {
    if (!knocks(c)) return next()
    const brought = concealedIn(c)[param]
    const value = brought && (await options.verify(brought, c))
    if (!value) {
      return refuse(c, { status: 401, code: 4100, why: 'This endpoint wants a valid ticket' }, how)
    }
    return planned(c, {}, next, value)
  }
}

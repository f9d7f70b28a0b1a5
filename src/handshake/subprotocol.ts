import type { MiddlewareHandler } from 'hono'
import { BEARER_PREFIX, parseProtocols } from '../protocol/subprotocol.ts'
import { planned } from './plan.ts'
import { PROTOCOLS } from './route.ts'

/**
 * The subprotocols that the socket behind this policy speaks; the first that the client offers and
 * that is named here is chosen (RFC 6455 section 4.2.2). A client that offers others only is refused
 * with 400. For `raw()` sockets: a typed socket knows its own.
 *
 * @throws {TypeError} if a name is not a token, or stands twice
 *
 * @example
 * ```ts
 * import { raw } from 'denwa'
 * import { subprotocol } from 'denwa/handshake'
 * import { Hono } from 'hono'
 *
 * const app = new Hono()
 * app.get('/graphql', subprotocol(['graphql-transport-ws']), raw({}))
 * ```
 */
export function subprotocol(names: string[]): MiddlewareHandler {
  const list = names.join(',')
  const read = parseProtocols(list)
  if (!read || names.some((name, i) => name !== read[i] || name.startsWith(BEARER_PREFIX))) {
    throw new TypeError(`Cannot use "${list}" as subprotocols: write unique tokens like graphql-ws`)
  }
  const policy: MiddlewareHandler = async function subprotocol(c, next) {
    await planned(c, { protocols: names }, next)
  }
  return Object.assign(policy, { [PROTOCOLS]: names })
}

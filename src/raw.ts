import type { Context, Env, Next, TypedResponse } from 'hono'
import type { CloseInfo } from './connection/routes.ts'
import type { Lifecycle } from './connection/lifecycle.ts'
import { RawLive, type RawTable } from './connection/raw.ts'
import type { Json } from './contract.ts'
import { INTERNALS, type Route } from './handshake/route.ts'
import { handshake } from './handshake/upgrade.ts'
import type { Endpoint } from './runtime/port.ts'
import type { Hosted, SocketInternals } from './internals.ts'

/** One accepted socket without the protocol. */
export interface RawConnection<St> {
  readonly id: string
  readonly state: Readonly<St>
  /** The negotiated subprotocol, `''` if none. */
  readonly protocol: string
  /** Bytes that wait to be sent; 0 where the runtime does not tell. */
  readonly bufferedAmount: number
  send(data: string | Uint8Array): void
  /**
   * @param code 1000 to 1003, 1007 to 1014, or 3000 to 4999 (default 1000)
   * @throws {RangeError} if some runtime could not send the code
   */
  close(code?: number, reason?: string): void
}

/** Handlers of a raw socket. */
export interface RawHandlers<E extends Env, P extends string, St> {
  /** Runs once, in the handshake, after every policy: JSON, at most 16 KiB. */
  state?: (c: Context<E, P, any>) => St | Promise<St>
  open?: (c: RawConnection<St>) => unknown
  /** Text arrives as a string, binary as a Uint8Array, on every runtime. */
  message?: (c: RawConnection<St>, data: string | Uint8Array) => unknown
  close?: (c: RawConnection<St>, info: CloseInfo) => unknown
}

/** A raw socket: itself the handler of a Hono GET route. */
export type RawHandler = () => Promise<Response & TypedResponse<unknown, 101, 'ws'>>

/**
 * The upgrade without the protocol, for graphql-ws, Yjs, oRPC or bytes of your own: same handshake,
 * same policies, same containment. An exception closes that one connection with 1011.
 *
 * @example
 * ```ts
 * import { raw } from 'denwa'
 * import { Hono } from 'hono'
 *
 * export const app = new Hono().get('/raw', raw({ message: (c, data) => c.send(data) }))
 * ```
 */
export function raw<E extends Env = any, P extends string = any, St extends Json = {}>(
  handlers: RawHandlers<E, P, St>,
): RawHandler {
  const host = (): Hosted => {
    const live = new Set<Lifecycle>()
    const endpoint: Endpoint = {
      live,
      accept: (transport, snapshot) => new RawLive(transport, snapshot, handlers as RawTable, live),
    }
    return { endpoint, hub: undefined }
  }
  const { endpoint } = host()
  const route: Route = {
    endpoint,
    protocols: [],
    typed: false,
    state: handlers.state as Route['state'],
    forward: undefined,
  }
  const handler = async function raw(c: Context, next: Next): Promise<Response> {
    return handshake(route, c, next)
  }
  const internals: SocketInternals = { route, host, remote: undefined }
  return Object.assign(handler, { [INTERNALS]: internals }) as unknown as RawHandler
}

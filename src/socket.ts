import type { Context, Env, Next, TypedResponse } from 'hono'
import { memoryBroker } from './broker/memory.ts'
import type { Broker } from './broker/port.ts'
import { type ChannelRules, type Command, channelRoutes } from './channel/channel.ts'
import { Hub } from './channel/hub.ts'
import type { Who } from './channel/who.ts'
import { channelRequests } from './channel/requests.ts'
import { type HandlerTable, behaviourOf } from './connection/behaviour.ts'
import { Connection as Live } from './connection/connection.ts'
import { Keys, type KeysOptions } from './connection/keys.ts'
import type { Behaviour } from './connection/routes.ts'
import type { Contract, ContractDef, Json } from './contract.ts'
import type { KeyStore } from './keys/port.ts'
import { streamedChannel } from './handshake/events.ts'
import { INTERNALS, type Route } from './handshake/route.ts'
import { handshake } from './handshake/upgrade.ts'
import { JSON_PROTOCOL } from './protocol/subprotocol.ts'
import { type Endpoint, ON_CLOUDFLARE } from './runtime/port.ts'
import type { SocketInternals } from './internals.ts'
import type { Handlers, OptionalEmpty, PublicChannels, WsOutput } from './types.ts'

/** The answer that a socket route has for Hono's types: the contract travels in it. */
export type WsResponse<D extends ContractDef> = Promise<
  Response & TypedResponse<WsOutput<D>, 101, 'ws'>
>

/** A socket: itself the handler of a Hono GET route. */
export interface SocketHandler<D extends ContractDef, St> {
  (): WsResponse<D>
  readonly contract: Contract<D>
  /** The channels of this socket, from outside a connection: an HTTP handler, a cron job, a queue consumer. */
  in(c: Context<any, any, any>): PublicChannels<D, St>
  /** The type of a connection's state. */
  readonly '~state'?: St
}

/**
 * Makes a socket of a contract and its handlers. Register it with `app.get`; a plain GET falls
 * through to the next handler of the route.
 *
 * Handlers start in the order in which messages arrive, and none before `open` has settled. An
 * exception in one of them ends nothing but its message: the client is told `internal`.
 *
 * @throws {TypeError} if a message or request has no handler, or a handler nothing in the contract, or
 *   if there is no such channel to stream
 *
 * @example
 * ```ts
 * import { contract, socket } from 'denwa'
 * import { Hono } from 'hono'
 * import { z } from 'zod'
 *
 * const echo = contract({ messages: { echo: z.string() }, events: { echo: z.string() } })
 *
 * export const app = new Hono().get(
 *   '/echo',
 *   socket(echo, { messages: { echo: (c) => c.send('echo', c.data) } }),
 * )
 * ```
 */
export function socket<
  D extends ContractDef,
  E extends Env = any,
  P extends string = any,
  St extends Json = {},
>(contract: Contract<D>, handlers: OptionalEmpty<Handlers<E, P, D, St>>): SocketHandler<D, St> {
  const given = handlers as unknown as LooseHandlers
  const channels = channelRoutes(contract.def.channels ?? {}, given.channels ?? {})
  const behaviour = behaviourOf(contract.def, given, channelRequests(channels))
  const { events } = given
  const streamed = events === undefined ? undefined : streamedChannel(channels, events)
  // A reader is on its channel, and nothing else happens to it.
  const reading: Behaviour = { ...behaviour, open: undefined, close: undefined }

  const hasRequests = Object.values(contract.def.requests ?? {}).some((each) => 'output' in each)

  const host = (broker: Broker, store?: KeyStore): { endpoint: Endpoint; hub: Hub } => {
    const hub = new Hub(channels, broker)
    const options = { ...given.keys, ...(store && { store }) }
    const keys = hasRequests ? new Keys(options, (given.use ?? []).length > 0) : undefined
    const own: Behaviour = { ...behaviour, keys }
    const endpoint: Endpoint = {
      live: hub.live,
      accept: (transport, snapshot, env) =>
        new Live(transport, snapshot, env, snapshot.events ? reading : own, hub),
    }
    return { endpoint, hub }
  }
  const { endpoint, hub } = host(given.broker ?? memoryBroker())
  if (ON_CLOUDFLARE) {
    hub.closed = 'Cannot share a channel in a plain Worker: use durableSocket()'
  }
  const route: Route = {
    endpoint,
    protocols: [JSON_PROTOCOL],
    typed: true,
    state: given.state,
    events: streamed,
    forward: undefined,
  }
  const internals: SocketInternals = { route, host, remote: undefined }
  const inside = (c: Context): PublicChannels<D, St> => {
    const { remote } = internals
    const carry = remote && ((command: Command) => remote(c, command))
    return {
      channel: ((name: string, params: object) => hub.channel(name, params, carry)) as never,
      disconnect: (who, options) => hub.disconnect(who as Who, options, carry),
    }
  }
  const handler = async function socket(c: Context, next: Next): Promise<Response> {
    return handshake(route, c, next)
  }
  return Object.assign(handler, {
    contract,
    in: inside,
    [INTERNALS]: internals,
  }) as unknown as SocketHandler<D, St>
}

/** Handlers, their types forgotten. */
interface LooseHandlers extends HandlerTable {
  readonly state?: (c: Context) => unknown
  readonly channels?: Readonly<Record<string, ChannelRules>>
  readonly broker?: Broker
  readonly keys?: KeysOptions
  readonly events?: string
}

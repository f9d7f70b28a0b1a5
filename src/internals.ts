import type { Context } from 'hono'
import type { Broker } from './broker/port.ts'
import type { Command } from './channel/channel.ts'
import type { Hub } from './channel/hub.ts'
import type { INTERNALS, Route } from './handshake/route.ts'
import type { KeyStore } from './keys/port.ts'
import type { Endpoint } from './runtime/port.ts'

/** What entries need of a socket, and applications do not. */
export interface SocketInternals {
  readonly route: Route
  /** The same socket with connections and channels of its own, for a Durable Object. */
  host(broker: Broker, keys?: KeyStore): Hosted
  /** Carries a command to the object in which connections and channels live. */
  remote: ((c: Context, command: Command) => Promise<any>) | undefined
}

export interface Hosted {
  readonly endpoint: Endpoint
  /** A raw socket has no channels. */
  readonly hub: Hub | undefined
}

/** A socket, as entries look at it. */
export interface WithInternals {
  readonly [INTERNALS]?: SocketInternals
}

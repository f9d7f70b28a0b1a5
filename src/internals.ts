import type { Context } from 'hono'
import type { Hub } from './channel/hub.ts'
import type { Route } from './handshake/upgrade.ts'
import type { Endpoint } from './runtime/port.ts'

/** What entries need of a socket, and applications do not. */
export interface SocketInternals {
  readonly route: Route
  /** The same socket with connections and channels of its own, for a Durable Object. */
  host(): Hosted
  /** Carries a publication to the object in which the channels live. */
  remote: ((c: Context, address: string, frame: string) => Promise<void>) | undefined
}

export interface Hosted {
  readonly endpoint: Endpoint
  /** A raw socket has no channels. */
  readonly hub: Hub | undefined
}

export const INTERNALS: unique symbol = Symbol.for('denwa.internals')

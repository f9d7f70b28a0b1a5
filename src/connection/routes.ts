import type { Awaitable } from '../broker/port.ts'
import type { Encoded } from '../protocol/publication.ts'
import type { Run } from './compose.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Check } from './schema.ts'

/** How one type of frame is handled: made once per contract, looked up per message. */
export interface Route {
  readonly type: string
  readonly kind: 'message' | 'request' | 'stream'
  /** The field of the frame that holds the payload. */
  readonly field: 'data' | 'channel' | 'token' | 'frame'
  readonly input: Check
  /** For a reply or an item. */
  readonly output: Check
  readonly run: Run
}

/** How a connection's end is reported to handlers. */
export interface CloseInfo {
  readonly code: number
  readonly reason: string
  /** Whether a closing handshake took place. */
  readonly wasClean: boolean
}

/** All that a contract and its handlers say, compiled. */
export interface Behaviour {
  /** By type; what has an `id` is a request, so that both may share a name. */
  readonly messages: ReadonlyMap<string, Route>
  readonly requests: ReadonlyMap<string, Route>
  readonly events: ReadonlyMap<string, Check>
  readonly open: ((c: Connection) => unknown) | undefined
  readonly close: ((c: Connection, info: CloseInfo) => unknown) | undefined
  readonly limits: ConnectionLimits
  /** Where there are requests that may have a key. */
  readonly keys?: Keys | undefined
}

export interface ConnectionLimits {
  readonly inFlight: number
  readonly requestTimeoutMs: number
  readonly openTimeoutMs: number
}

/** What a connection needs of the channels that stand above it. */
export interface ChannelPort {
  readonly live: Set<Lifecycle>
  /** What a client can count on, as the welcome names it. */
  readonly features: readonly string[]
  join(connection: Connection, name: string, params: object, ask?: object): Promise<unknown>
  channel(name: string, params: object): unknown
  /** Makes ready to put it on a channel; the result does so, and says what it is told. */
  prepare(
    connection: Connection,
    address: string,
    params: Readonly<Record<string, string>>,
    ask: object,
  ): Awaitable<() => Encoded>
  /** Whether the connection was on that channel. */
  remove(connection: Connection, address: string): boolean
  /** Who is on a channel that the connection is on. */
  stateOf(connection: Connection, address: string): Encoded | undefined
  /** Takes it off every channel; one that was cut off may come back. */
  leaveAll(connection: Connection, returns: boolean): void
  /** Sends publications that wait for the end of the turn. */
  flush(): void
}

/** A result that takes effect in the very moment in which its reply is written. */
export class Commit {
  readonly run: () => unknown

  constructor(run: () => unknown) {
    this.run = run
  }
}

import type { Context, Env } from 'hono'
import type {
  ChannelDef,
  ChannelParams,
  Channels,
  ContractDef,
  Events,
  In,
  Messages,
  Out,
  RequestDef,
  Requests,
  Schema,
  StreamDef,
} from './contract.ts'
import type { Broker } from './broker/port.ts'
import type { CloseInfo } from './connection/routes.ts'
import type { KeyStore } from './keys/port.ts'

/** What handlers see of connections, messages and channels. */

type PresenceOf<D extends ContractDef, K extends keyof Channels<D>> = In<
  AsChannel<Channels<D>[K]>['presence']
>
type AsChannel<T> = T extends ChannelDef ? T : never

/** A channel to publish to. */
export interface Channel<C extends ChannelDef> {
  /**
   * Says something to everyone on the channel; resolves when it is on its way.
   *
   * @throws {TypeError} at once if the data breaks the event's schema
   */
  publish<K extends keyof C['events']>(
    this: object,
    event: K,
    data: In<C['events'][K]>,
  ): Promise<void>
  /**
   * The newest publications that are kept, oldest first; only of a channel with history.
   *
   * @param last how many at most (default 100, at most 1000)
   * @throws {TypeError} at once if the channel keeps nothing
   */
  history(this: object, last?: number): Promise<Published<C>[]>
  readonly presence: C['presence'] extends Schema
    ? {
        /** What the server says of each connection on the channel. */
        list(): Promise<Out<C['presence']>[]>
      }
    : never
  /**
   * Takes connections off the channel, all or those that fit; each is told `$left` with `revoked`, and
   * may ask to join again. Resolves to how many.
   */
  revoke(this: object, who?: Who): Promise<number>
}

/** Which connections: those that fit every field given. */
export interface Who<St = any> {
  readonly id?: string
  /** Fields of the state, each equal to the one given. */
  readonly state?: Partial<St>
}

/** A publication that a channel has kept. */
export type Published<C extends ChannelDef> = {
  [K in keyof C['events']]: {
    /** Its number on the channel. */
    readonly offset: number
    readonly type: K
    readonly data: Out<C['events'][K]>
  }
}[keyof C['events']]

/** A channel that this connection is on. */
export interface JoinedChannel<C extends ChannelDef> extends Omit<Channel<C>, 'presence'> {
  leave(this: object): Promise<void>
  readonly presence: C['presence'] extends Schema
    ? {
        list(): Promise<Out<C['presence']>[]>
        /** Says something else of this connection, or shows it if it was not seen before. */
        track(meta: In<C['presence']>): Promise<void>
      }
    : never
}

/** What a connection is told as it joins. */
export interface JoinOptions {
  /** The newest publications, at most so many, of a channel with history. @default {0} */
  last?: number
}

/**
 * One accepted socket, seen from a handler. Each message has a context of its own: to tell connections
 * apart, compare their `id`.
 */
export interface Connection<E extends Env, D extends ContractDef, St> {
  /** Unique, and the same before and after hibernation. */
  readonly id: string
  /** The bindings of the app, as in `c.env`. */
  readonly env: E['Bindings']
  readonly state: Readonly<St>
  /**
   * Merges into the state and stores it.
   *
   * @throws {RangeError} if state and channels together exceed 16 KiB
   */
  setState(this: object, patch: Partial<St>): void
  /**
   * Sends an event to this client alone; ignored once the connection is closed.
   *
   * @throws {TypeError} if the data breaks the event's schema
   */
  send<K extends keyof Events<D>>(this: object, event: K, data: In<Events<D>[K]>): void
  /** Puts this connection on a channel. */
  join<K extends keyof Channels<D>>(
    this: object,
    channel: K,
    params: ChannelParams<K>,
    options?: JoinOptions,
  ): Promise<JoinedChannel<AsChannel<Channels<D>[K]>>>
  /** A channel, to publish to, whether this connection is on it or not. */
  channel<K extends keyof Channels<D>>(
    this: object,
    channel: K,
    params: ChannelParams<K>,
  ): Channel<AsChannel<Channels<D>[K]>>
  /**
   * Closes the connection.
   *
   * @param code 1000 to 1003, 1007 to 1014, or 3000 to 4999 (default 1000)
   * @param reason cut to 123 bytes
   * @throws {RangeError} if some runtime could not send the code
   */
  close(this: object, code?: number, reason?: string): void
}

/** A message or request, and the connection it came on. */
export interface MessageContext<E extends Env, D extends ContractDef, St, M> extends Connection<
  E,
  D,
  St
> {
  /** The payload, as its schema returned it. */
  readonly data: M
  /**
   * Aborted when the client cancels, the deadline passes, or the connection is lost while the handler runs; but
   * not for a lost connection if the request has a key.
   */
  readonly signal: AbortSignal
}

/** Middleware around the handling of each message and request. One that does not call `next` refuses it. */
export type SocketMiddleware<E extends Env = any> = (
  c: MessageContext<E, any, any, any> & { readonly type: string },
  next: () => Promise<void>,
) => Promise<void> | void

type ResultOf<R> = R extends StreamDef
  ? AsyncIterable<In<R['item']>>
  : R extends RequestDef
    ? In<R['output']> | Promise<In<R['output']>>
    : never
type InputOf<R> = R extends { input: infer I } ? Out<I> : never

/** Bounds of one connection. */
export interface SocketLimits {
  /** Requests and streams that may wait for their answer. @default {32} */
  inFlight?: number
  /** Milliseconds after which an unanswered request ends with `timeout`. @default {30000} */
  requestTimeoutMs?: number
  /** Milliseconds that `open` may take. @default {30000} */
  openTimeoutMs?: number
}

/** How requests with a key are remembered. */
export interface SocketKeys<C = Connection<any, any, any>> {
  /** @default the memory of this process; in a Durable Object always its SQLite */
  store?: KeyStore
  /**
   * Whose request it is. A key of one user means nothing with another.
   *
   * @default the subject of the credential; nobody is told from anybody where there is none
   */
  subject?: (c: C) => string | undefined
}

/** What an application does with a socket. */
export interface Handlers<E extends Env, P extends string, D extends ContractDef, St> {
  /** Runs once, in the handshake, after every policy. What it returns is all that crosses the 101: JSON, at most 16 KiB. */
  state?: (c: Context<E, P, any>) => St | Promise<St>
  use?: SocketMiddleware<E>[]
  /** Runs first; messages wait for it. */
  open?: (c: Connection<E, D, St>) => unknown
  /** Runs last, once, if `open` ran. */
  close?: (c: Connection<E, D, St>, info: CloseInfo) => unknown
  messages: {
    [K in keyof Messages<D>]: (c: MessageContext<E, D, St, Out<Messages<D>[K]>>) => unknown
  }
  requests: {
    [K in keyof Requests<D>]: (
      c: MessageContext<E, D, St, InputOf<Requests<D>[K]>>,
    ) => ResultOf<Requests<D>[K]>
  }
  /** Who may join by asking: only `true` admits. A channel without a rule is joined by the server alone. */
  channels?: {
    [K in keyof Channels<D>]?: {
      join?: (c: Connection<E, D, St>, params: ChannelParams<K>) => boolean | Promise<boolean>
      /**
       * What is said of a connection that joins, on a channel with presence; `undefined` if nobody is to
       * see it.
       */
      presence?: (
        c: Connection<E, D, St>,
        params: ChannelParams<K>,
      ) => PresenceOf<D, K> | undefined | Promise<PresenceOf<D, K> | undefined>
    }
  }
  /** Where channels keep what they remember. Sockets with the same one share channels. @default the memory of this process */
  broker?: Broker
  /** How requests with a key are remembered, so that a client may repeat them. */
  keys?: SocketKeys<Connection<E, D, St>>
  /**
   * A channel that may be read without a socket, too, by server-sent events: a GET of the route that
   * accepts `text/event-stream`. Its parameters are those of the route's path. Policies, `state` and the
   * channel's rule decide as for a socket; no handler runs.
   *
   * @default none
   */
  events?: keyof Channels<D> & string
  limits?: SocketLimits
}

/** Properties whose type has only optional ones are optional themselves. */
export type OptionalEmpty<T> = { [K in keyof T as {} extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as {} extends T[K] ? K : never]?: T[K]
}

/** Carries a contract through Hono's route types to the client. */
export interface WsOutput<D extends ContractDef> {
  readonly '~contract': D
}

/** How connections are ended from outside. */
export interface DisconnectOptions {
  /** @default {4009}, after which a client does not come back by itself */
  code?: number
  /** @default {'disconnected'} */
  reason?: string
}

/** The channels and connections of a socket, from outside a connection. */
export interface PublicChannels<D extends ContractDef, St = any> {
  /**
   * Closes connections, all or those that fit. Resolves to how many.
   *
   * @throws {RangeError} if some runtime could not send the code
   */
  disconnect(who?: Who<St>, options?: DisconnectOptions): Promise<number>
  channel<K extends keyof Channels<D>>(
    name: K,
    params: ChannelParams<K>,
  ): Channel<AsChannel<Channels<D>[K]>>
}

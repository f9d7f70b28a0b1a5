// What the type of an app says of its sockets: types alone, so that no schema reaches a browser.
// Pages are compiled without this library, as a rule: so the declarations bring it.
/// <reference lib="esnext.disposable" preserve="true" />
import type { Hono } from 'hono'
import type { ExtractSchema } from 'hono/types'
import type { UnionToIntersection } from 'hono/utils/types'
import type {
  ChannelParams,
  Channels,
  ContractDef,
  Events,
  In,
  Messages,
  Out,
  Requests,
  StreamDef,
} from '../contract.ts'
import type { Status, Why } from './call.ts'
import type { Channel, JoinOptions } from './channel.ts'
import type { RequestError } from './errors.ts'
import type { Presence } from './presence.ts'
import type { RequestOptions } from './requests.ts'
import type { Position } from './subscription.ts'

type InputOf<R> = R extends { input: infer I } ? In<I> : never
type EventsOf<C> = C extends { events: infer E } ? E : {}

/** What comes back: the items of a stream, or one answer. */
export type AnswerTo<R> = R extends StreamDef
  ? AsyncIterable<Out<R['item']>>
  : R extends { output: infer O }
    ? Promise<Out<O>>
    : never

/** A channel of a contract. */
export interface ClientChannel<C> extends Omit<Channel, 'on' | 'presence'> {
  /** Hears what is published under that name. The result ends it. */
  on<E extends keyof EventsOf<C>>(
    event: E,
    listener: (data: Out<EventsOf<C>[E]>) => void,
  ): () => void
  /** Who is there, on a channel with presence. */
  readonly presence: C extends { presence: infer P } ? Presence<Out<P>> : never
}

/** A socket of a contract: it comes back, and what is said while it is away waits for it. */
export interface ClientSocket<D extends ContractDef> extends AsyncDisposable {
  /**
   * Says a message. While there is no connection it waits for one.
   *
   * @throws {RequestError} `queue_full` if too much waits, `too_large` if the server takes no message of that
   * size, `connection_lost` if the socket is closed
   */
  send<K extends keyof Messages<D> & string>(this: object, type: K, data: In<Messages<D>[K]>): void
  /** Asks: for one answer, or for a stream of items. Fails with a {@linkcode RequestError}. */
  request<K extends keyof Requests<D> & string>(
    this: object,
    type: K,
    data: InputOf<Requests<D>[K]>,
    options?: RequestOptions,
  ): AnswerTo<Requests<D>[K]>
  /** Hears an event of the server. The result ends it. */
  on<K extends keyof Events<D> & string>(
    event: K,
    listener: (data: Out<Events<D>[K]>) => void,
  ): () => void
  /** The channel of that name, joined as long as it is not left; always the same one. */
  channel<K extends keyof Channels<D> & string>(
    this: object,
    name: K,
    params: ChannelParams<K>,
    options?: JoinOptions,
  ): ClientChannel<Channels<D>[K]>
  /** Where one is on each channel, if it has history: each is good as `since` after the reload of a page. */
  positions(this: object): Record<string, Position | undefined>
  readonly status: Status
  /** Hears how the connection is doing, and with `waiting` and `closed` why it has ended. */
  onStatus(this: object, listener: (status: Status, why?: Why) => void): () => void
  /** Hears what was wrong with a message, or with a new credential. */
  onError(this: object, listener: (error: RequestError) => void): () => void
  /** Looks whether the connection still is one, or tries sooner to have one. */
  check(): void
  /**
   * Closes for good. What waits for an answer rejects with `connection_lost`.
   *
   * @throws {RangeError} if a browser cannot send that code: 1000, or 3000 to 4999
   */
  close(this: object, code?: number, reason?: string): void
}

type Chain<Path extends string, V, Whole extends string = Path> = Path extends `/${infer Rest}`
  ? Chain<Rest, V, Whole>
  : Path extends `${infer Head}/${infer Rest}`
    ? { [K in Head]: Chain<Rest, V, Whole> }
    : { [K in Path extends '' ? 'index' : Path]: V }

/** Routes without a contract have no socket of this kind. */
type Endpoint<T> = T extends { $get: infer Get } ? Ws<Extract<Get, { outputFormat: 'ws' }>> : {}
type Ws<T> = [T] extends [never]
  ? {}
  : T extends { input: infer I; output: { '~contract': infer D extends ContractDef } }
    ? { $ws: Open<I, D> }
    : {}
type Open<I, D extends ContractDef> = {} extends I
  ? (args?: WithQuery<I>) => ClientSocket<D>
  : (args: WithQuery<I>) => ClientSocket<D>
/** Where nothing validates the query, `state` may read it nevertheless. */
type WithQuery<I> = I extends { query: unknown }
  ? I
  : I & { query?: Readonly<Record<string, string | readonly string[]>> }

/** The sockets of an app, by their paths. */
export type Client<T extends Hono<any, any, any>> = UnionToIntersection<
  {
    [P in keyof ExtractSchema<T> & string]: Chain<P, Endpoint<ExtractSchema<T>[P]>>
  }[keyof ExtractSchema<T> & string]
>

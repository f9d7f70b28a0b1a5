// The client as types alone: what it must be able to read out of the type of an app.
import type { ChannelParams, Channels, ContractDef, Events, In, Messages, Out } from 'denwa'
import type { Requests, StreamDef } from 'denwa'
import type { Hono } from 'hono'
import type { ExtractSchema } from 'hono/types'
import type { UnionToIntersection } from 'hono/utils/types'

type Chain<Path extends string, V, O extends string = Path> = Path extends `/${infer Rest}`
  ? Chain<Rest, V, O>
  : Path extends `${infer Head}/${infer Rest}`
    ? { [K in Head]: Chain<Rest, V, O> }
    : { [K in Path extends '' ? 'index' : Path]: V }

type Endpoint<T> = T extends { $get: infer Get } ? Ws<Extract<Get, { outputFormat: 'ws' }>> : {}
type Ws<T> = [T] extends [never]
  ? {}
  : T extends { input: infer I; output: infer O }
    ? { $ws(args: I): TypedSocket<O> }
    : {}

type ChannelEvents<C> = C extends { events: infer V } ? V : {}
type InputOf<R> = R extends { input: infer I } ? In<I> : never
type Answer<R> = R extends StreamDef
  ? AsyncIterable<Out<R['item']>>
  : R extends { output: infer O }
    ? Promise<Out<O>>
    : never

interface ClientChannel<C> {
  on<V extends keyof ChannelEvents<C>>(
    event: V,
    listener: (data: Out<ChannelEvents<C>[V]>) => void,
  ): () => void
  leave(): Promise<void>
}

export interface ClientSocket<D extends ContractDef> {
  send<K extends keyof Messages<D>>(type: K, data: In<Messages<D>[K]>): void
  request<K extends keyof Requests<D>>(
    type: K,
    data: InputOf<Requests<D>[K]>,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Answer<Requests<D>[K]>
  on<K extends keyof Events<D>>(event: K, listener: (data: Out<Events<D>[K]>) => void): () => void
  channel<K extends keyof Channels<D>>(
    name: K,
    params: ChannelParams<K>,
  ): ClientChannel<Channels<D>[K]>
}

export type TypedSocket<O> = O extends { '~contract': infer D extends ContractDef }
  ? ClientSocket<D>
  : WebSocket

export declare function createClient<T extends Hono<any, any, any>>(
  base: string,
): UnionToIntersection<
  {
    [P in keyof ExtractSchema<T> & string]: Chain<P, Endpoint<ExtractSchema<T>[P]>>
  }[keyof ExtractSchema<T> & string]
>

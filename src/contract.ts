import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ParamKeyToRecord, ParamKeys } from 'hono/types'
import type { UnionToIntersection } from 'hono/utils/types'

/** Any schema of a library that implements Standard Schema: zod, valibot, arktype … */
export type Schema = StandardSchemaV1

/** What goes into a schema. */
export type In<T> = T extends Schema ? StandardSchemaV1.InferInput<T> : never
/** What comes out of a schema. */
export type Out<T> = T extends Schema ? StandardSchemaV1.InferOutput<T> : never

/** What JSON can carry. */
export type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json }

/** A message that is answered once. */
export interface RequestDef {
  input: Schema
  output: Schema
}

/** A message that is answered by a stream of items. */
export interface StreamDef {
  input: Schema
  item: Schema
}

/** What a channel remembers: the newest publications that fit all three bounds. */
export interface HistoryDef {
  /** Publications, 1 to 10,000. */
  size: number
  /** Milliseconds. @default {3600000}, an hour */
  maxAgeMs?: number
  /** Bytes of their payloads. @default {1048576} */
  maxBytes?: number
}

/** A named topic to which the server publishes. */
export interface ChannelDef {
  events: Record<string, Schema>
  /** Publications that are kept, so that a client which was away gets what it missed. @default nothing is kept */
  history?: HistoryDef
  /** What the server says of each connection on the channel; who is on it is told to all of them. */
  presence?: Schema
  /**
   * What becomes of publications for a client that reads too slowly. `'close'`: it gets all of them, and is
   * closed with 4202 when more waits for it than `maxQueueBytes`. `'drop'`: it misses what comes while a
   * quarter of that waits. `'latest'`: so too, but it gets the newest of each event when it has caught up.
   * `'gap'`, with history only: it is told so by `$gap`, and gets what it missed when it joins again.
   *
   * @default {'gap'} with history, `'close'` without
   */
  slow?: 'close' | 'drop' | 'latest' | 'gap'
}

/** What may be said on a socket, in both directions. */
export interface ContractDef {
  /** client → server, without an answer */
  messages?: Record<string, Schema>
  /** client → server → client */
  requests?: Record<string, RequestDef | StreamDef>
  /** server → this client */
  events?: Record<string, Schema>
  /** server → everyone who joined */
  channels?: Record<string, ChannelDef>
}

/** A checked {@linkcode ContractDef}, as a value. */
export interface Contract<D extends ContractDef = ContractDef> {
  readonly def: D
}

type Rec<T> = T extends Record<string, unknown> ? T : {}
/** The events of a contract, by name. */
export type Events<D extends ContractDef> = Rec<D['events']>
/** The messages of a contract, by name. */
export type Messages<D extends ContractDef> = Rec<D['messages']>
/** The requests of a contract, by name. */
export type Requests<D extends ContractDef> = Rec<D['requests']>
/** The channels of a contract, by pattern. */
export type Channels<D extends ContractDef> = Rec<D['channels']>
/** The parameters of a channel pattern: `room/:room` has `{ room: string }`. */
export type ChannelParams<K> = K extends string
  ? ParamKeys<K> extends never
    ? {}
    : UnionToIntersection<ParamKeyToRecord<ParamKeys<K>>>
  : {}

/**
 * Declares what may be said on a socket: the one value from which types, validation and documents
 * come. Define it at the top level of a module: some runtimes compile schemas at start-up only.
 *
 * @throws {TypeError} if a name is empty or begins with `$`, if a schema does not implement Standard
 * Schema, or if there is a part that no contract has
 *
 * @example
 * ```ts
 * import { contract } from 'denwa'
 * import { z } from 'zod'
 *
 * export const echo = contract({
 *   messages: { echo: z.string() },
 *   events: { echo: z.string() },
 * })
 * ```
 */
export function contract<const D extends ContractDef>(def: D): Contract<D> {
  checkKeys('a contract', def, ['messages', 'requests', 'events', 'channels'])
  checkAll('message', def.messages, (schema) => [schema])
  checkAll('request', def.requests, (request) => [
    request.input,
    'item' in request ? request.item : request.output,
  ])
  checkAll('event', def.events, (schema) => [schema])
  checkAll('channel', def.channels, (channel) => {
    checkKeys('a channel', channel, ['events', 'history', 'presence', 'slow'])
    checkSlow(channel)
    if (channel.history) checkHistory(channel.history)
    checkAll('event', channel.events, (schema) => [schema])
    return channel.presence === undefined ? [] : [channel.presence]
  })
  return { def }
}

/** What is kept has no holes; what is not kept cannot be got later. */
function checkSlow({ history, slow }: ChannelDef): void {
  const known = history ? ['gap', 'close'] : ['close', 'drop', 'latest']
  if (slow === undefined || known.includes(slow)) return
  const kind = history ? 'with' : 'without'
  throw new TypeError(
    `Cannot treat slow clients of a channel ${kind} history by "${slow}": use ${known.join(' or ')}`,
  )
}

function checkHistory(history: HistoryDef): void {
  checkKeys('a history', history, ['size', 'maxAgeMs', 'maxBytes'])
  const { size, maxAgeMs = 1, maxBytes = 1 } = history
  for (const [name, value] of Object.entries({ size, maxAgeMs, maxBytes })) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new RangeError(`Cannot keep a history of ${name} ${value}: use a positive whole number`)
  }
  if (size > 10_000) throw new RangeError(`Cannot keep ${size} publications: use at most 10,000`)
}

function checkKeys(what: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    throw new TypeError(`Cannot put "${key}" into ${what}: it has ${known.join(', ')}`)
  }
}

function checkAll<T>(
  kind: string,
  table: Record<string, T> | undefined,
  schemasOf: (item: T) => readonly unknown[],
): void {
  for (const [name, item] of Object.entries(table ?? {})) {
    if (name === '' || name.startsWith('$') || name.length > 64 || !name.isWellFormed()) {
      throw new TypeError(
        `Cannot name a ${kind} "${name}": use 1 to 64 characters, the first of them not "$"`,
      )
    }
    for (const schema of schemasOf(item)) {
      if (typeof (schema as Partial<Schema> | undefined)?.['~standard']?.validate !== 'function') {
        throw new TypeError(
          `Cannot validate ${kind} "${name}": give it a Standard Schema such as z.string()`,
        )
      }
    }
  }
}

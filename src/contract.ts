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

/** A named topic to which the server publishes. */
export interface ChannelDef {
  events: Record<string, Schema>
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
 * @throws {TypeError} if a name is empty or begins with `$`, or if a schema does not implement
 * Standard Schema
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
  for (const [type, schema] of Object.entries(def.messages ?? {})) {
    checkName('message', type)
    checkSchema(`message "${type}"`, schema)
  }
  for (const [type, request] of Object.entries(def.requests ?? {})) {
    checkName('request', type)
    checkSchema(`input of request "${type}"`, request.input)
    if ('item' in request) checkSchema(`item of request "${type}"`, request.item)
    else checkSchema(`output of request "${type}"`, request.output)
  }
  for (const [type, schema] of Object.entries(def.events ?? {})) {
    checkName('event', type)
    checkSchema(`event "${type}"`, schema)
  }
  for (const [name, channel] of Object.entries(def.channels ?? {})) {
    checkName('channel', name)
    for (const [type, schema] of Object.entries(channel.events)) {
      checkName('event', type)
      checkSchema(`event "${type}" of channel "${name}"`, schema)
    }
  }
  return { def }
}

function checkName(kind: string, name: string): void {
  if (name === '' || name.startsWith('$') || name.length > 64 || !name.isWellFormed()) {
    throw new TypeError(
      `Cannot name a ${kind} "${name}": names have 1 to 64 characters and do not begin with "$"`,
    )
  }
}

function checkSchema(what: string, schema: unknown): void {
  const standard = (schema as Partial<Schema> | undefined)?.['~standard']
  if (typeof standard?.validate !== 'function') {
    throw new TypeError(
      `Cannot validate the ${what}: give it a schema that implements Standard Schema, such as z.string()`,
    )
  }
}

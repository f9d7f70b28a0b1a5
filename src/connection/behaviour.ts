import type { ContractDef, RequestDef, StreamDef } from '../contract.ts'
import { type Around, type Run, compose } from './compose.ts'
import type { Connection } from './connection.ts'
import type { Behaviour, CloseInfo, ConnectionLimits, Route } from './routes.ts'
import { asIs, checkOf } from './schema.ts'

const LIMITS: ConnectionLimits = { inFlight: 32, requestTimeoutMs: 30_000, openTimeoutMs: 30_000 }

/** Handlers, without the types that made sure they fit the contract. */
export interface HandlerTable {
  readonly use?: readonly Around[]
  readonly open?: (c: Connection) => unknown
  readonly close?: (c: Connection, info: CloseInfo) => unknown
  readonly messages?: Readonly<Record<string, Run>>
  readonly requests?: Readonly<Record<string, Run>>
  readonly limits?: Partial<ConnectionLimits>
}

/**
 * Compiles a contract and its handlers.
 *
 * @throws {TypeError} if they do not fit each other
 * @throws {RangeError} if a limit is not a positive whole number
 */
export function behaviourOf(
  def: ContractDef,
  handlers: HandlerTable,
  own: readonly Route[],
): Behaviour {
  checkBoth('message', handlers.messages, def.messages)
  checkBoth('request', handlers.requests, def.requests)
  checkLimits(handlers.limits ?? {})
  const use = handlers.use ?? []
  const messages = new Map<string, Route>()
  const requests = new Map<string, Route>(own.map((route) => [route.type, route]))
  for (const [type, schema] of Object.entries(def.messages ?? {})) {
    messages.set(type, {
      type,
      kind: 'message',
      field: 'data',
      input: checkOf(schema),
      output: asIs,
      run: compose(use, handlers.messages?.[type] as Run),
    })
  }
  for (const [type, request] of Object.entries(def.requests ?? {})) {
    const output = (request as StreamDef).item ?? (request as RequestDef).output
    requests.set(type, {
      type,
      kind: 'item' in request ? 'stream' : 'request',
      field: 'data',
      input: checkOf(request.input),
      output: checkOf(output),
      run: compose(use, handlers.requests?.[type] as Run),
    })
  }
  const events = new Map(
    Object.entries(def.events ?? {}).map(([type, schema]) => [type, checkOf(schema)]),
  )
  const { open, close } = handlers
  return { messages, requests, events, open, close, limits: { ...LIMITS, ...handlers.limits } }
}

/** Every handler has its schema, and the other way round. */
function checkBoth(
  kind: string,
  handlers: Readonly<Record<string, unknown>> = {},
  schemas: object = {},
): void {
  for (const type of Object.keys({ ...handlers, ...schemas })) {
    const handled = Object.hasOwn(handlers, type) && typeof handlers[type] === 'function'
    if (handled && Object.hasOwn(schemas, type)) continue
    throw new TypeError(
      `Cannot make a socket: ${kind} "${type}" has no ${handled ? 'schema in the contract' : 'handler'}`,
    )
  }
}

/**
 * The same where nothing stands for what is not set.
 *
 * @throws {TypeError} if one is missing
 * @throws {RangeError} if one is not a positive whole number
 */
export function needLimits(policy: string, limits: object): void {
  const missing = Object.entries(limits).find(([, value]) => value === undefined)
  if (missing) {
    throw new TypeError(
      `Cannot make ${policy}() without ${missing[0]}: set it to a whole number from 1`,
    )
  }
  checkLimits(limits)
}

/** @throws {RangeError} if a limit is not a positive whole number */
export function checkLimits(limits: object): void {
  for (const [name, value] of Object.entries(limits) as [string, unknown][]) {
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) continue
    throw new RangeError(`Cannot set ${name} to ${String(value)}: use a whole number from 1`)
  }
}

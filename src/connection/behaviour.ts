import type { ContractDef, RequestDef, StreamDef } from '../contract.ts'
import { type Around, type Run, compose } from './compose.ts'
import type { Connection } from './connection.ts'
import type { Behaviour, CloseInfo, ConnectionLimits, Route } from './routes.ts'
import { type Check, checkOf } from './schema.ts'

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

const asIs: Check = (value) => value

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
      run: compose(use, handlerOf('message', handlers.messages, type)),
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
      run: compose(use, handlerOf('request', handlers.requests, type)),
    })
  }
  checkKnown('message', handlers.messages, def.messages)
  checkKnown('request', handlers.requests, def.requests)
  const events = new Map(
    Object.entries(def.events ?? {}).map(([type, schema]) => [type, checkOf(schema)]),
  )
  const { open, close } = handlers
  return { messages, requests, events, open, close, limits: limitsOf(handlers.limits ?? {}) }
}

function handlerOf(
  kind: string,
  table: Readonly<Record<string, Run>> | undefined,
  type: string,
): Run {
  const handler = table && Object.hasOwn(table, type) ? table[type] : undefined
  if (typeof handler !== 'function') {
    throw new TypeError(
      `Cannot make a socket: ${kind} "${type}" has no handler, add ${kind}s.${type}`,
    )
  }
  return handler
}

function checkKnown(kind: string, table: object | undefined, known: object | undefined): void {
  for (const type of Object.keys(table ?? {})) {
    if (!Object.hasOwn(known ?? {}, type)) {
      throw new TypeError(`Cannot make a socket: the contract has no ${kind} "${type}" to handle`)
    }
  }
}

function limitsOf(given: Partial<ConnectionLimits>): ConnectionLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`Cannot limit ${name} to ${value}: use a whole number from 1`)
    }
  }
  return { ...LIMITS, ...given }
}

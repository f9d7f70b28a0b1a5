/** What all events of one connection say of it. */
export interface OfConnection {
  /** The connection's id. */
  readonly connection: string
  /** The path of its route, as the app has it: `/chat/:room`. */
  readonly route: string
}

/** An exception that no client is told of. */
export interface ErrorEvent {
  readonly type: 'error'
  /** What was thrown, of whatever type. */
  readonly error: unknown
  /** Where: `handshake`, `open`, `message typing`, `request say`, `close` … */
  readonly where: string
  /** The id of the connection concerned, once there is one. */
  readonly connection?: string
}

/** A handshake that did not become a connection. */
export interface RefusedEvent {
  readonly type: 'refused'
  readonly status: number
  /** In the words of the refusal; of the application's own only the status. */
  readonly why: string
  /** Without the query. */
  readonly path: string
}

/** A connection is accepted. */
export interface OpenEvent extends OfConnection {
  readonly type: 'open'
}

/** Something came from a client. */
export interface ReceivedEvent extends OfConnection {
  readonly type: 'received'
  /** Bytes, or UTF-16 units of a text. */
  readonly size: number
}

/** Something is on its way to one client, or to all of a channel that the runtime serves by itself. */
export interface SentEvent {
  readonly type: 'sent'
  /** To how many. */
  readonly count: number
  /** Of each, in bytes, or UTF-16 units of a text. */
  readonly size: number
}

/** A message or request has come to its end. */
export interface HandledEvent extends OfConnection {
  readonly type: 'handled'
  /** As the contract has it; empty for what it does not have. */
  readonly name: string
  readonly kind: 'message' | 'request' | 'stream'
  /** `ok`, or the code of the error. */
  readonly code: string
  readonly durationMs: number
}

/** Publications that a client was too slow for, on a channel that allows it. */
export interface DropEvent extends OfConnection {
  readonly type: 'drop'
  /** The channel's name, as the contract has it. */
  readonly channel: string
  readonly count: number
}

/** A client reads so slowly that its connection is ended. */
export interface SlowEvent extends OfConnection {
  readonly type: 'slow'
  /** What waits for it, in bytes; 0 where the runtime does not tell. */
  readonly waiting: number
}

/** A connection has ended. */
export interface CloseEvent extends OfConnection {
  readonly type: 'close'
  readonly code: number
  readonly wasClean: boolean
  /** Since it was accepted, or since a Durable Object woke. */
  readonly durationMs: number
}

/** What an observer hears, told apart by `type`. */
export type Observation =
  | ErrorEvent
  | RefusedEvent
  | OpenEvent
  | ReceivedEvent
  | SentEvent
  | HandledEvent
  | DropEvent
  | SlowEvent
  | CloseEvent

/** What is done with events, by their type. */
export type Observers = {
  readonly [T in Observation['type']]?: (event: Extract<Observation, { type: T }>) => unknown
}

const all = new Set<Observers>()

/** How many want to hear of each type: asked before an event is made. */
export const observed: { [T in Observation['type']]?: number } = {}

/**
 * Hears of what happens inside. A function hears of exceptions in handlers, which reach the client only
 * as `internal`; an object with functions by type of what it names. The library itself writes no log,
 * and spends nothing on what nobody hears. Returns a function that ends the observation.
 *
 * @example
 * ```ts
 * import { observe } from 'denwa'
 *
 * observe((event) => console.error(event.where, event.error))
 * observe({
 *   open: ({ route }) => console.log('open', route),
 *   slow: ({ connection, waiting }) => console.warn('slow', connection, waiting),
 * })
 * ```
 */
export function observe(observer: ((event: ErrorEvent) => unknown) | Observers): () => void {
  const observers: Observers = typeof observer === 'function' ? { error: observer } : observer
  const types = Object.keys(observers) as Observation['type'][]
  all.add(observers)
  for (const type of types) observed[type] = (observed[type] ?? 0) + 1
  return () => {
    if (all.delete(observers)) for (const type of types) (observed[type] as number)--
  }
}

export function emit(event: Observation): void {
  for (const observers of all) {
    try {
      const hear = observers[event.type] as ((event: Observation) => unknown) | undefined
      Promise.resolve(hear?.(event)).catch(() => {})
    } catch {
      // an observer that fails must not harm what it observes
    }
  }
}

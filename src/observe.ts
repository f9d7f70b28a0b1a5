/** Where it happened. */
export interface OfRoute {
  /** The path of the route, as the app has it: `/chat/:room`; empty where it has none. */
  readonly route: string
}

/** What all events of one connection say of it. */
export interface OfConnection extends OfRoute {
  /** The connection's id. */
  readonly connection: string
}

/** An exception that no client is told of. */
export interface ErrorEvent extends Partial<OfConnection> {
  readonly type: 'error'
  /** What was thrown, of whatever type. */
  readonly error: unknown
  /** Where: `handshake`, `open`, `message typing`, `request say`, `close` … */
  readonly where: string
}

/** A handshake that did not become a connection, or one that is closed before anything else. */
export interface RefusedEvent extends OfRoute {
  readonly type: 'refused'
  readonly status: number
  /** In the words of the refusal; of the application's own only the status. */
  readonly why: string
}

/** A route has granted a handshake; told by its handler, so within all middleware. Others may refuse it yet. */
export interface GrantedEvent extends OfConnection {
  readonly type: 'granted'
}

/** A connection is accepted. */
export interface OpenEvent extends OfConnection {
  readonly type: 'open'
}

/** A message came from a client. */
export interface ReceivedEvent extends OfConnection {
  readonly type: 'received'
  readonly sizeBytes: number
}

/** A message is on its way to one client, or to all of a route that the runtime serves by itself. */
export interface SentEvent extends OfRoute {
  readonly type: 'sent'
  /** To how many. */
  readonly count: number
  /** Of each. */
  readonly sizeBytes: number
  /** To whom, if it is one. */
  readonly connection?: string
}

/** A message or request has come to its end. */
export interface HandledEvent extends OfConnection {
  readonly type: 'handled'
  /** As the contract has it, or the protocol; empty for what neither has. */
  readonly name: string
  readonly kind: 'message' | 'request' | 'stream'
  /** `ok`, `lost` if the connection ended before, or the code of the error. */
  readonly code: string
  /** Absent if it was refused at once: nobody knows it, or it is too much. */
  readonly durationMs?: number
}

/** A publication, where the subscribers are. */
export interface PublishedEvent {
  readonly type: 'published'
  /** The channel's name, as the contract has it. */
  readonly channel: string
  readonly event: string
  /** To how many. */
  readonly count: number
  readonly sizeBytes: number
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
  /** What waits for it; 0 where the runtime does not tell. */
  readonly waitingBytes: number
}

/** A connection has ended. */
export interface CloseEvent extends OfConnection {
  readonly type: 'close'
  readonly code: number
  /** Whether this side has ended it: the code is the client's choice, if not. */
  readonly own: boolean
  readonly wasClean: boolean
  /** Since it was accepted. */
  readonly durationMs: number
}

/** What an observer hears, told apart by `type`. */
export type Observation =
  | ErrorEvent
  | RefusedEvent
  | GrantedEvent
  | OpenEvent
  | ReceivedEvent
  | SentEvent
  | HandledEvent
  | PublishedEvent
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
 *   slow: ({ connection, waitingBytes }) => console.warn('slow', connection, waitingBytes),
 * })
 * ```
 */
export function observe(observer: ((event: ErrorEvent) => unknown) | Observers): () => void {
  const observers = typeof observer === 'function' ? { error: observer } : { ...observer }
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
      const heard = hear?.(event)
      if (heard instanceof Promise) heard.catch(() => {})
    } catch {
      // an observer that fails must not harm what it observes
    }
  }
}

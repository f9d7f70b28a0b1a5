/** Something worth knowing that no client is told. */
export interface ErrorEvent {
  readonly type: 'error'
  /** What was thrown, of whatever type. */
  readonly error: unknown
  /** Where: `handshake`, `open`, `message typing`, `request say`, `close` … */
  readonly where: string
  /** The id of the connection concerned, once there is one. */
  readonly connection?: string
}

/** What an observer hears. */
export type Observation = ErrorEvent

const observers = new Set<(event: Observation) => unknown>()

/**
 * Hears of what happens inside: exceptions in handlers above all, which reach the client only as
 * `internal`. The library itself writes no log. Returns a function that ends the observation.
 *
 * @example
 * ```ts
 * import { observe } from 'denwa'
 *
 * observe((event) => console.error(event.where, event.error))
 * ```
 */
export function observe(observer: (event: Observation) => unknown): () => void {
  observers.add(observer)
  return () => {
    observers.delete(observer)
  }
}

export function emit(event: Observation): void {
  for (const observer of observers) {
    try {
      Promise.resolve(observer(event)).catch(() => {})
    } catch {
      // an observer that fails must not harm what it observes
    }
  }
}

/** What may wait for a connection. */
export interface QueueOptions {
  /** Messages and requests. @default {128} */
  max?: number
  /** Their length together, in bytes. @default {65536} */
  maxBytes?: number
  /** How long a message may wait, in milliseconds; a request waits as long as its time limit says. @default {60000} */
  maxAgeMs?: number
  /** Who gives way when it is full: the one that has waited longest, or the new one. @default {'reject'} */
  overflow?: 'oldest' | 'reject'
}

export interface Queued {
  readonly bytes: number
}

/** Decides what may wait: made by {@linkcode offline}. */
export interface Queue {
  readonly maxAgeMs: number
  /** `false` if there is no room. Who gives way to it is dropped. */
  admit<T extends Queued>(waiting: ReadonlySet<T>, item: T, drop: (oldest: T) => void): boolean
}

/** The 128 that come first, messages for a minute. */
export const fewest: Queue = { maxAgeMs: 60_000, admit: ({ size }) => size < 128 }

/**
 * What may wait for a connection, by number, length and age, and who gives way.
 *
 * @example
 * ```ts
 * import { connect, offline } from 'denwa/client'
 *
 * export const enter = () =>
 *   connect('wss://example.com/map', { queue: offline({ max: 10, overflow: 'oldest' }) })
 * ```
 */
export function offline(options: QueueOptions = {}): Queue {
  const { max = 128, maxBytes = 65_536, maxAgeMs = 60_000, overflow } = options
  return {
    maxAgeMs,
    admit(waiting, { bytes }, drop) {
      const isFull = (): boolean =>
        waiting.size >= max ||
        [...waiting].reduce((sum, each) => sum + each.bytes, bytes) > maxBytes
      if (overflow === 'oldest' && bytes <= maxBytes) {
        for (const oldest of waiting) if (isFull()) drop(oldest)
      }
      return !isFull()
    },
  }
}

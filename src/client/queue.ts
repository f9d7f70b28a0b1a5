/** What may wait for a connection. */
export interface QueueOptions {
  /** Messages and requests. @default {128} */
  max?: number
  /** Their length together, in bytes. @default {65536} */
  maxBytes?: number
  /** How long one may wait, in milliseconds. @default {60000} */
  maxAgeMs?: number
  /** Who gives way when it is full: the one that has waited longest, or the new one. @default {'reject'} */
  overflow?: 'oldest' | 'reject'
}

export interface Queued {
  readonly bytes: number
}

/** What waits for a connection, in order. */
export class Queue<T extends Queued> {
  readonly #items = new Set<T>()
  readonly #options: QueueOptions
  #bytes = 0

  constructor(options: QueueOptions = {}) {
    this.#options = options
  }

  /** `false` if there is no room. Who gives way to it is dropped. */
  add(item: T, drop: (oldest: T) => void): boolean {
    const { max = 128, maxBytes = 65_536, overflow } = this.#options
    const isFull = (): boolean => this.#items.size >= max || this.#bytes + item.bytes > maxBytes
    if (overflow === 'oldest' && item.bytes <= maxBytes) {
      for (const oldest of this.#items) if (isFull()) drop(oldest)
    }
    if (isFull()) return false
    this.#items.add(item)
    this.#bytes += item.bytes
    return true
  }

  delete(item: T): void {
    if (this.#items.delete(item)) this.#bytes -= item.bytes
  }

  /** All of them; nothing waits any more. */
  take(): T[] {
    const items = [...this.#items]
    this.#items.clear()
    this.#bytes = 0
    return items
  }
}

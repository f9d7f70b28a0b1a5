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
  /** When it was made. */
  readonly at: number
}

/** What waits for a connection, in order. */
export class Queue<T extends Queued> {
  readonly #items = new Set<T>()
  readonly #options: QueueOptions
  #bytes = 0

  constructor(options: QueueOptions = {}) {
    this.#options = options
  }

  /** The items for which there is no room; it may be the new one itself. */
  add(item: T): T[] {
    const { max = 128, maxBytes = 65_536, overflow } = this.#options
    const full = (): boolean => this.#items.size >= max || this.#bytes + item.bytes > maxBytes
    const out: T[] = []
    if (overflow === 'oldest' && max > 0 && item.bytes <= maxBytes) {
      for (const oldest of this.#items) {
        if (!full()) break
        this.delete(oldest)
        out.push(oldest)
      }
    }
    if (full()) return [item]
    this.#items.add(item)
    this.#bytes += item.bytes
    return out
  }

  delete(item: T): void {
    if (this.#items.delete(item)) this.#bytes -= item.bytes
  }

  /** All of them, and those among them that have waited for too long. */
  take(now: number): { items: T[]; old: T[] } {
    const { maxAgeMs = 60_000 } = this.#options
    const all = [...this.#items]
    this.#items.clear()
    this.#bytes = 0
    const isOld = ({ at }: T): boolean => now - at > maxAgeMs
    return { items: all.filter((item) => !isOld(item)), old: all.filter(isOld) }
  }
}

import type { Log } from './page.ts'
import type { Publication } from './port.ts'

const SMALLEST = 8

/** The newest publications of a channel, in their order and without a hole. */
export class Ring implements Log {
  /** A power of two of slots, with what was published in them, when, and how large it is. */
  #slots: (Publication | undefined)[] = Array.from({ length: SMALLEST }, () => undefined)
  #times: number[] = Array.from({ length: SMALLEST }, () => 0)
  #sizes: number[] = Array.from({ length: SMALLEST }, () => 0)
  #head = 0
  count = 0
  bytes = 0

  /** When the oldest was published. */
  get oldestAt(): number {
    return this.count > 0 ? (this.#times[this.#head] as number) : Infinity
  }

  push(publication: Publication, at: number, bytes: number): void {
    if (this.count === this.#slots.length) this.#grow()
    const index = this.#index(this.count++)
    this.#slots[index] = publication
    this.#times[index] = at
    this.#sizes[index] = bytes
    this.bytes += bytes
  }

  /** Takes out the oldest; its size in bytes. */
  shift(): number {
    const bytes = this.#sizes[this.#head] as number
    this.#slots[this.#head] = undefined
    this.#head = this.#index(1)
    this.count--
    this.bytes -= bytes
    return bytes
  }

  fitting(maxCount: number, maxBytes: number): number {
    let left = maxBytes
    let count = 0
    while (count < this.count && count < maxCount) {
      left -= this.#sizes[this.#index(this.count - 1 - count)] as number
      if (left < 0) break
      count++
    }
    return count
  }

  newest(count: number): Publication[] {
    const from = this.count - count
    return Array.from(
      { length: count },
      (_, i) => this.#slots[this.#index(from + i)] as Publication,
    )
  }

  #index(place: number): number {
    return (this.#head + place) & (this.#slots.length - 1)
  }

  #grow(): void {
    this.#slots = doubled(this.#slots, this.#head, undefined)
    this.#times = doubled(this.#times, this.#head, 0)
    this.#sizes = doubled(this.#sizes, this.#head, 0)
    this.#head = 0
  }
}

function doubled<T>(full: T[], head: number, empty: T): T[] {
  return [...full.slice(head), ...full.slice(0, head), ...full.map(() => empty)]
}

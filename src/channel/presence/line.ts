import { Waiting, wheelOf } from '../../connection/deadlines.ts'
import type { Timers } from '../../runtime/port.ts'

/** Things that wait equally long, so that the first to come is the first to go. */
export class Line<T> extends Waiting {
  readonly #timers: Timers
  readonly #ms: number
  readonly #due: (item: T) => void
  readonly #wakeAt: ((at: number) => void) | undefined
  readonly #items = new Map<T, number>()
  #last = -Infinity

  /** With `wakeAt` no timer runs: it is asked to see to it that `tick` is called by then. */
  constructor(timers: Timers, ms: number, due: (item: T) => void, wakeAt?: (at: number) => void) {
    super()
    this.#timers = timers
    this.#ms = ms
    this.#due = due
    this.#wakeAt = wakeAt
  }

  has(item: T): boolean {
    return this.#items.has(item)
  }

  /** How long it still has to wait. */
  leftMs(item: T): number | undefined {
    const at = this.#items.get(item)
    return at === undefined ? undefined : Math.max(at - this.#timers.now(), 0)
  }

  /** Puts it last in the line. It may ask to wait less than others, but does not overtake. */
  add(item: T, ms: number = this.#ms): void {
    this.#items.delete(item)
    if (this.#items.size === 0) this.#last = -Infinity
    this.#last = Math.max(this.#last, this.#timers.now() + Math.min(Math.max(ms, 0), this.#ms))
    this.#items.set(item, this.#last)
    if (this.#items.size === 1) this.#wait(this.#last)
  }

  delete(item: T): boolean {
    const had = this.#items.delete(item)
    if (this.#items.size === 0) this.stop()
    return had
  }

  tick(): void {
    const now = this.#timers.now()
    for (const [item, at] of this.#items) {
      if (at > now) return this.#wait(at)
      this.#items.delete(item)
      this.#due(item)
    }
  }

  expire(): void {
    this.tick()
  }

  stop(): void {
    wheelOf(this.#timers).delete(this)
  }

  #wait(at: number): void {
    if (this.#wakeAt) this.#wakeAt(at)
    else wheelOf(this.#timers).set(this, at)
  }
}

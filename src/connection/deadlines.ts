import type { Timers } from '../runtime/port.ts'

/** How late a deadline may be noticed, in milliseconds. */
const TICK_MS = 100

/** Something that ends by itself. */
interface Expiring {
  /** In the milliseconds of the timers. */
  readonly deadline: number
  expire(): void
}

/** All deadlines of a process on one timer, which runs only while there are any. */
class Deadlines {
  readonly #timers: Timers
  readonly #items = new Set<Expiring>()
  #ticking = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  now(): number {
    return this.#timers.now()
  }

  add(item: Expiring): void {
    this.#items.add(item)
    if (!this.#ticking) this.#tick()
  }

  delete(item: Expiring): void {
    this.#items.delete(item)
  }

  #tick(): void {
    this.#ticking = true
    this.#timers.after(TICK_MS, () => {
      const now = this.#timers.now()
      for (const item of this.#items) {
        if (item.deadline <= now) {
          this.#items.delete(item)
          item.expire()
        }
      }
      if (this.#items.size > 0) this.#tick()
      else this.#ticking = false
    })
  }
}

const wheels = new WeakMap<Timers, Deadlines>()

/** Runs `task` after `ms` unless the result is called before. */
export function within(timers: Timers, ms: number, expire: () => void): () => void {
  const wheel = deadlinesOf(timers)
  const item = { deadline: wheel.now() + ms, expire }
  wheel.add(item)
  return () => wheel.delete(item)
}

/** The one wheel of these timers. */
function deadlinesOf(timers: Timers): Deadlines {
  let wheel = wheels.get(timers)
  if (!wheel) wheels.set(timers, (wheel = new Deadlines(timers)))
  return wheel
}

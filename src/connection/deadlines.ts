import type { Timers } from '../runtime/port.ts'

/** How late a deadline may be noticed, in milliseconds. */
export const TICK_MS = 100

/** The timer is not called off with the last deadline; so it never runs for longer than this. */
const NAP_MS = 250

/** Something that waits for its time. */
export interface Waiting {
  /** For the wheel. */
  slot?: number | undefined
  expire(): void
}

/** All deadlines of a process on one timer, which runs only while there are any: what is due in the same tick waits together. */
class Wheel {
  readonly #timers: Timers
  readonly #slots = new Map<number, Set<Waiting>>()
  #next = Infinity
  #cancel: (() => void) | undefined

  constructor(timers: Timers) {
    this.#timers = timers
  }

  set(item: Waiting, at: number): void {
    this.delete(item)
    const slot = Math.ceil(at / TICK_MS)
    const items = this.#slots.get(slot)
    item.slot = slot
    if (items) items.add(item)
    else this.#slots.set(slot, new Set([item]))
    if (slot < this.#next) this.#wait(slot)
  }

  delete(item: Waiting): void {
    const { slot } = item
    if (slot === undefined) return
    item.slot = undefined
    const items = this.#slots.get(slot)
    items?.delete(item)
    if (items?.size === 0) this.#slots.delete(slot)
  }

  #wait(slot: number): void {
    this.#cancel?.()
    this.#next = slot
    const ms = Math.min(slot * TICK_MS - this.#timers.now(), NAP_MS)
    this.#cancel = this.#timers.after(Math.max(ms, 0), () => this.#turn())
  }

  #turn(): void {
    this.#next = Infinity
    this.#cancel = undefined
    const now = this.#timers.now() / TICK_MS
    for (const [slot, items] of this.#slots) {
      if (slot > now) continue
      for (const item of items) {
        this.delete(item)
        item.expire()
      }
    }
    let next = Infinity
    for (const slot of this.#slots.keys()) if (slot < next) next = slot
    if (next < this.#next) this.#wait(next)
  }
}

const wheels = new WeakMap<Timers, Wheel>()

/** The one wheel of these timers. */
export function wheelOf(timers: Timers): Wheel {
  let wheel = wheels.get(timers)
  if (!wheel) wheels.set(timers, (wheel = new Wheel(timers)))
  return wheel
}

/** Runs `task` after `ms` unless the result is called before. */
export function within(timers: Timers, ms: number, expire: () => void): () => void {
  const wheel = wheelOf(timers)
  const item: Waiting = { expire }
  wheel.set(item, timers.now() + ms)
  return () => wheel.delete(item)
}

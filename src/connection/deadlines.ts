import type { Timers } from '../runtime/port.ts'

/** How late a deadline may be noticed, in milliseconds. */
export const TICK_MS = 100

/** The timer is not called off with the last deadline; so it never runs for longer than this. */
const NAP_MS = 250

/** Something that waits for its time, among others that do. */
export abstract class Waiting {
  /** For the wheel: what waits beside it. */
  before: Waiting | undefined
  after: Waiting | undefined

  get waits(): boolean {
    return this.after !== undefined
  }

  abstract expire(): void
}

/** All that is due in the same tick: a ring, so that whoever leaves it needs nothing but its neighbours. */
class Slot extends Waiting {
  override before: Waiting = this
  override after: Waiting = this

  add(item: Waiting): void {
    item.before = this.before
    item.after = this
    this.before.after = item
    this.before = item
  }

  expire(): void {
    for (let item = this.after; item !== this; item = this.after) {
      leave(item)
      item.expire()
    }
  }
}

function leave(item: Waiting): void {
  if (!item.after) return
  item.before!.after = item.after
  item.after.before = item.before
  item.before = item.after = undefined
}

/** All deadlines of a process on one timer, which runs only while there are any: what is due in the same tick waits together. */
class Wheel {
  readonly #timers: Timers
  readonly #slots = new Map<number, Slot>()
  #next = Infinity
  #cancel: (() => void) | undefined

  constructor(timers: Timers) {
    this.#timers = timers
  }

  set(item: Waiting, at: number): void {
    leave(item)
    const number = Math.ceil(at / TICK_MS)
    let slot = this.#slots.get(number)
    if (!slot) this.#slots.set(number, (slot = new Slot()))
    slot.add(item)
    if (number < this.#next) this.#wait(number)
  }

  delete(item: Waiting): void {
    leave(item)
  }

  #wait(number: number): void {
    this.#cancel?.()
    this.#next = number
    const ms = Math.min(number * TICK_MS - this.#timers.now(), NAP_MS)
    this.#cancel = this.#timers.after(Math.max(ms, 0), () => this.#turn())
  }

  #turn(): void {
    this.#next = Infinity
    this.#cancel = undefined
    const now = this.#timers.now() / TICK_MS
    for (const [number, slot] of this.#slots) {
      if (number > now && slot.after !== slot) continue
      // What asks for a time that has passed comes into another slot, and waits for the next turn.
      this.#slots.delete(number)
      slot.expire()
    }
    let next = Infinity
    for (const number of this.#slots.keys()) if (number < next) next = number
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

class Task extends Waiting {
  readonly expire: () => void

  constructor(expire: () => void) {
    super()
    this.expire = expire
  }
}

/** Runs `expire` after `ms` unless the result is called before. */
export function within(timers: Timers, ms: number, expire: () => void): () => void {
  const wheel = wheelOf(timers)
  const item = new Task(expire)
  wheel.set(item, timers.now() + ms)
  return () => wheel.delete(item)
}

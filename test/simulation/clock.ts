import type { Timers } from '../../src/runtime/port.ts'
import type { Random } from './random.ts'

interface Event {
  readonly at: number
  readonly order: number
  task: (() => void) | undefined
}

/** The one time of a network: what is due happens in order, each with all that follows from it at once. */
export class Clock {
  now = 0
  readonly #heap: Event[] = []
  #order = 0
  /** Looked at after each event; `true` ends the run. */
  stop: () => boolean = () => false

  after(ms: number, task: () => void): () => void {
    return this.at(this.now + Math.max(ms, 0), task)
  }

  at(time: number, task: () => void): () => void {
    const event: Event = { at: Math.max(time, this.now), order: this.#order++, task }
    push(this.#heap, event)
    return () => void (event.task = undefined)
  }

  /** The timers of somebody whose own clock shows another time, and who may be dead. */
  timers(random: Random, aheadMs: number, isAlive: () => boolean): Timers {
    return {
      now: () => this.now + aheadMs,
      random,
      after: (ms, task) => this.after(ms, () => isAlive() && task()),
      soon: queueMicrotask,
      joins: 'turn',
    }
  }

  /** Goes on for so long. Between two events all promises settle that can. */
  run(ms: number): Promise<void> {
    const end = this.now + ms
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let over = false
    const turn = (): void => {
      if (over) return
      try {
        over = this.stop() || !this.#step(end)
        if (over) resolve()
      } catch (error) {
        over = true
        reject(error as Error)
      }
    }
    // A round of the event loop is dear, and microtasks run after each of many immediates.
    const round = (): void => {
      if (over) return
      for (let n = 0; n < 32; n++) setImmediate(turn)
      setImmediate(round)
    }
    round()
    return promise
  }

  #step(end: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (!next || next.at > end) {
        this.now = end
        return false
      }
      pop(this.#heap)
      const { task } = next
      if (!task) continue
      this.now = next.at
      task()
      return true
    }
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Event[], event: Event): void {
  let index = heap.length
  heap.push(event)
  while (index > 0) {
    const above = (index - 1) >> 1
    const parent = heap[above]!
    if (!isBefore(event, parent)) break
    heap[index] = parent
    index = above
  }
  heap[index] = event
}

function pop(heap: Event[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  let index = 0
  for (;;) {
    let below = 2 * index + 1
    if (below >= heap.length) break
    if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
    const child = heap[below]!
    if (!isBefore(child, last)) break
    heap[index] = child
    index = below
  }
  heap[index] = last
}

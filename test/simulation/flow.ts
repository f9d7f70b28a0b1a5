import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** One direction of a connection: what is sent arrives later, in order, or not at all. */
export class Flow {
  readonly #clock: Clock
  readonly #random: Random
  readonly #latencyMs: number
  /** Nothing arrives before. */
  #from = 0
  #stalledUntil = 0
  #dead = false
  /** Bytes that a peer which reads slowly has not taken. */
  waiting = 0

  constructor(clock: Clock, random: Random, latencyMs: number) {
    this.#clock = clock
    this.#random = random
    this.#latencyMs = latencyMs
  }

  send(bytes: number, arrive: () => void): void {
    if (this.#dead) return
    const jitter = this.#random() < 0.1 ? this.#random() * 4 : this.#random()
    const due = this.#clock.now + this.#latencyMs * (0.5 + jitter)
    this.#from = Math.max(due, this.#from, this.#stalledUntil)
    const counts = this.#stalledUntil > this.#clock.now
    if (counts) this.waiting += bytes
    this.#clock.at(this.#from, () => {
      if (counts) this.waiting -= bytes
      if (!this.#dead) arrive()
    })
  }

  /** What is sent from now on arrives after so long at the earliest. */
  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#clock.now + ms)
  }

  /** Nothing arrives any more, what is under way included. */
  kill(): void {
    this.#dead = true
  }

  get dead(): boolean {
    return this.#dead
  }
}

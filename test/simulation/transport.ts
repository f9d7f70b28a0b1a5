import { Bounded } from '../../src/runtime/bounded.ts'
import type { Timers, Transport, WireLimits } from '../../src/runtime/port.ts'
import type { Wire } from './wire.ts'

/** Little may wait, so that slow readers are met often. */
export const LIMITS: WireLimits = { maxMessageBytes: 16 * 1024, maxQueueBytes: 4096 }

/** A socket of a process, which may be dead. */
export class WireTransport extends Bounded implements Transport {
  readonly timers: Timers
  heard = 0
  readonly #wire: Wire
  #largest = 0
  readonly #isAlive: () => boolean
  readonly #fail: (what: string) => void

  constructor(wire: Wire, timers: Timers, isAlive: () => boolean, fail: (what: string) => void) {
    super(LIMITS)
    this.#wire = wire
    this.timers = timers
    this.#isAlive = isAlive
    this.#fail = fail
  }

  get bufferedAmount(): number {
    return this.#wire.down.waiting
  }

  send(data: string | Uint8Array): boolean {
    if (!this.#isAlive()) return true
    const before = this.bufferedAmount
    if (!this.admits(before)) return false
    this.#wire.reply(data as string)
    const after = this.bufferedAmount
    this.account(before, after)
    this.#largest = Math.max(this.#largest, data.length)
    // One message may go beyond the limit, and while it is the only one that does so, another.
    if (after > LIMITS.maxQueueBytes + 2 * this.#largest)
      this.#fail(`${after} bytes wait for a client`)
    return true
  }

  close(code: number, reason: string): void {
    if (this.#isAlive()) this.#wire.close(code, reason)
  }

  terminate(): void {
    if (this.#isAlive()) this.#wire.reset()
  }

  ping(): void {
    if (this.#isAlive()) this.#wire.ping()
  }
}

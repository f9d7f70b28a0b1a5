import type { WireLimits } from './port.ts'

/** For so many bytes that may wait there may be one message: some runtimes keep a task for each. */
const BYTES_A_MESSAGE = 64

/**
 * Decides whether more may wait for a peer: a queue's worth, and not too many of them. The message that
 * goes beyond that may be of any length, since it alone does not show that a peer is slow.
 */
export abstract class Bounded {
  readonly limits: WireLimits
  /** Bytes so far, and how many of them had been sent when the younger generation began. */
  #sent = 0
  #mark = 0
  /** Messages of two generations: those before them have left. */
  #older = 0
  #younger = 0
  /** The message that went beyond the limit: its length, and how much had been sent with it. */
  #beyond = 0
  #end = 0

  constructor(limits: WireLimits) {
    this.limits = limits
  }

  /** Whether a message may be sent, though that many bytes wait. */
  protected admits(waiting: number): boolean {
    if (this.#sent - waiting >= this.#mark) {
      this.#older = this.#younger
      this.#younger = 0
      this.#mark = this.#sent
    }
    const { maxQueueBytes } = this.limits
    if ((this.#older + this.#younger) * BYTES_A_MESSAGE > maxQueueBytes) return false
    const over = waiting - maxQueueBytes
    return over <= 0 || over <= Math.min(this.#beyond, this.#end - (this.#sent - waiting))
  }

  /** A message was sent: the bytes that waited before, and those that wait now. */
  protected account(before: number, after: number): void {
    const { maxQueueBytes } = this.limits
    this.#sent += after - before
    this.#younger++
    if (before > maxQueueBytes || after <= maxQueueBytes) return
    this.#beyond = after - before
    this.#end = this.#sent
  }
}

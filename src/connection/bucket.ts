/** What a clock may lose of a millisecond. */
const BLUR_MS = 0.01

/** Which part of a bucket is taken at once. */
const LEASE = 1 / 16

/** A token bucket: full at first, and full again after a window in which nothing is taken. */
export class Bucket {
  readonly #max: number
  readonly #windowMs: number
  /** How long a token takes to come back. */
  readonly #eachMs: number
  /** When it is full again. */
  #full: number
  /** What is taken at once, so that not every one asks for the time; and what of it is left. */
  readonly #lease: number
  #left = 0

  constructor(max: number, windowMs: number, now: number) {
    this.#max = max
    this.#windowMs = windowMs
    this.#eachMs = windowMs / max
    this.#full = now
    this.#lease = Math.floor(max * LEASE)
  }

  /** The same as `take`, which seldom looks at the clock: it may give a sixteenth more at once. */
  spend(count: number, timers: { now(): number }): number {
    if (count <= this.#left) {
      this.#left -= count
      return 0
    }
    const now = timers.now()
    const missing = count > this.#max ? count : count - this.#left
    if (missing < this.#lease && this.take(this.#lease, now) === 0) {
      this.#left += this.#lease - count
      return 0
    }
    const waitMs = this.take(missing, now)
    if (waitMs === 0) this.#left = 0
    return waitMs
  }

  /**
   * Takes some, if there are as many; if not, the milliseconds after which there will be. More than it
   * holds it never gives.
   */
  take(count: number, now: number): number {
    // The second: no clock that is set back makes anybody wait for longer than a window.
    this.#full = Math.min(Math.max(this.#full, now), now + this.#windowMs)
    const wholeMs = this.#full - now + count * this.#eachMs
    const waitMs = Math.ceil(wholeMs - this.#windowMs - BLUR_MS)
    if (waitMs > 0) return waitMs
    this.#full = now + wholeMs
    return 0
  }
}

/** What a clock may lose of a millisecond. */
const BLUR_MS = 0.01

/** A token bucket: full at first, and full again after a window in which nothing is taken. */
export class Bucket {
  readonly #windowMs: number
  /** How long a token takes to come back. */
  readonly #eachMs: number
  /** When it is full again. */
  #full: number

  constructor(max: number, windowMs: number, now: number) {
    this.#windowMs = windowMs
    this.#eachMs = windowMs / max
    this.#full = now
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

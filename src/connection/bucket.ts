/** A token bucket: full at first, and full again after a window in which nothing is taken. */
export class Bucket {
  readonly #max: number
  readonly #perMs: number
  #tokens: number
  #at: number

  constructor(max: number, windowMs: number, now: number) {
    this.#max = max
    this.#perMs = max / windowMs
    this.#tokens = max
    this.#at = now
  }

  /** Takes some, if there are as many; if not, the milliseconds after which there will be. */
  take(count: number, now: number): number {
    this.#tokens = Math.min(this.#tokens + (now - this.#at) * this.#perMs, this.#max)
    this.#at = now
    if (this.#tokens >= count) {
      this.#tokens -= count
      return 0
    }
    return Math.ceil((Math.min(count, this.#max) - this.#tokens) / this.#perMs)
  }
}

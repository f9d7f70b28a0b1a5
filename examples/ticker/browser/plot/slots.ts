/** Prices by time, the newest of each slot of time, for as long as there are slots: it never grows. */
export class Slots {
  readonly slotMs: number
  readonly size: number
  readonly series: number
  readonly #prices: Float64Array
  #last = -1

  constructor(series: number, size: number, slotMs: number) {
    this.series = series
    this.size = size
    this.slotMs = slotMs
    this.#prices = new Float64Array(series * size).fill(NaN)
  }

  /** The newest slot of which there is a price. */
  get last(): number {
    return this.#last
  }

  /** The oldest slot that is kept. */
  get first(): number {
    return Math.max(this.#last - this.size + 1, 0)
  }

  slotOf(at: number): number {
    return Math.floor(at / this.slotMs)
  }

  /** NaN where there is none. */
  price(series: number, slot: number): number {
    if (slot < this.first || slot > this.#last) return NaN
    return this.#prices[this.#index(series, slot)]!
  }

  put(series: number, at: number, price: number): void {
    const slot = this.slotOf(at)
    this.#reach(slot)
    if (slot >= this.first) this.#prices[this.#index(series, slot)] = price
  }

  /** Where there is a price already, it stays. */
  fill(series: number, at: number, price: number): void {
    if (Number.isNaN(this.price(series, this.slotOf(at)))) this.put(series, at, price)
  }

  #index(series: number, slot: number): number {
    return (slot % this.size) * this.series + series
  }

  #reach(slot: number): void {
    const from = Math.max(this.#last + 1, slot - this.size + 1)
    for (let each = from; each <= slot; each++) {
      const index = this.#index(0, each)
      this.#prices.fill(NaN, index, index + this.series)
    }
    this.#last = Math.max(this.#last, slot)
  }
}

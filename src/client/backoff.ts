/** Longest pause that a server may ask for, in milliseconds: timers overflow, and nobody waits a day. */
export const MAX_PAUSE_MS = 3_600_000

/** From and to, in milliseconds. */
export type Span = readonly [number, number]

/** Pauses of who was told that there is too much to do, in milliseconds. */
const SLOW: readonly number[] = [2000, 30_000, 60_000, 300_000]

/** How long before the next try: grows with each failure, and clients that were cut at once spread out. */
export class Pace {
  readonly #random: () => number
  readonly #min: number
  readonly #max: number
  #failures = 0
  #overloads = 0

  constructor(random: () => number, minMs = 500, maxMs = 20_000) {
    this.#random = random
    this.#min = minMs
    this.#max = maxMs
  }

  /** The pause after a first failure. */
  first(): number {
    return this.#after(0)
  }

  /** After one more failure; what the server has asked for counts if it is the first. */
  next(slow: boolean, asked?: Span): number {
    const pause = this.#after(this.#failures)
    const first = this.#failures++ === 0
    if (slow) return (SLOW[this.#overloads++] ?? 300_000) * (0.5 + this.#random() / 2)
    if (!asked) return pause
    const wait = asked[0] + this.#random() * (asked[1] - asked[0])
    return first ? wait : Math.max(wait, pause)
  }

  /** A connection has lasted. */
  reset(): void {
    this.#failures = this.#overloads = 0
  }

  #after(failures: number): number {
    const most = Math.min(this.#max, this.#min * 2 ** failures)
    return Math.min(this.#max, this.#min + this.#random() * most)
  }
}

/** `undefined` if it is none that makes sense. */
export function spanOf(value: unknown): Span | undefined {
  const [from, to] = Array.isArray(value) ? value.map(Number) : []
  return from! >= 0 && to! >= from! && to! <= MAX_PAUSE_MS ? [from!, to!] : undefined
}

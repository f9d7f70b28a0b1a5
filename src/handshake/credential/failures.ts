/** How long a failure counts, in milliseconds. */
const WINDOW_MS = 60_000
/** Addresses that are remembered; the first is forgotten for one more. */
const MAX_ADDRESSES = 10_000

/** Invalid credentials, by where they came from. */
export class Failures {
  readonly #max: number
  readonly #times = new Map<string, number[]>()

  constructor(max: number) {
    this.#max = max
  }

  tooMany(who: string, now: number): boolean {
    return this.#recent(who, now).length >= this.#max
  }

  add(who: string, now: number): void {
    const times = [...this.#recent(who, now), now].slice(-this.#max)
    this.#times.delete(who)
    this.#times.set(who, times)
    if (this.#times.size <= MAX_ADDRESSES) return
    const [first] = this.#times.keys()
    this.#times.delete(first as string)
  }

  /** A clock that was set back, or another one, must not keep anybody out. */
  #recent(who: string, now: number): number[] {
    return (this.#times.get(who) ?? []).filter((at) => at <= now && now - at < WINDOW_MS)
  }
}

import { checkLimit } from '../broker/sync.ts'
import { bytesOf, exceeds } from '../protocol/codec.ts'
import type { KeyLimits, Keyed } from './port.ts'

/** Longest outcome that is kept, in bytes. */
const MAX_OUTCOME_BYTES = 65_536
/** What each takes beside its texts. */
const OVERHEAD_BYTES = 200

export function sizeOf({ name, who, input }: Keyed, outcome = ''): number {
  return OVERHEAD_BYTES + bytesOf(name) + bytesOf(who) + bytesOf(input) + bytesOf(outcome)
}

/** How much there is, and how much more there may be. */
export class Room {
  readonly #max: number
  readonly #maxEach: number
  readonly #maxBytes: number
  readonly #each = new Map<string, number>()
  #count = 0
  #bytes = 0

  /** @throws {RangeError} if a limit is not a positive whole number */
  constructor({ max = 10_000, maxEach = 1000, maxBytes = 16 * 1024 * 1024 }: KeyLimits) {
    this.#max = checkLimit('max', max)
    this.#maxEach = checkLimit('maxEach', maxEach)
    this.#maxBytes = checkLimit('maxBytes', maxBytes)
  }

  isFull(who: string): boolean {
    const own = who === '' ? 0 : (this.#each.get(who) ?? 0)
    return this.#count >= this.#max || this.#bytes >= this.#maxBytes || own >= this.#maxEach
  }

  /** The outcome, if there is room for it. */
  admit(outcome: string): string | undefined {
    const isLong = exceeds(outcome, MAX_OUTCOME_BYTES)
    return isLong || this.#bytes + bytesOf(outcome) > this.#maxBytes ? undefined : outcome
  }

  add(who: string, bytes: number, count = 1): void {
    const own = (this.#each.get(who) ?? 0) + count
    if (own > 0) this.#each.set(who, own)
    else this.#each.delete(who)
    this.#count += count
    this.#bytes += bytes
  }

  remove(who: string, bytes: number): void {
    this.add(who, -bytes, -1)
  }
}

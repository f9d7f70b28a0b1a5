import type { Timers } from '../runtime/port.ts'

/** Longest pause that a server may ask for, in milliseconds: timers overflow, and nobody waits a day. */
export const MAX_PAUSE_MS = 3_600_000

/** A connection that has lasted so long, in milliseconds, was a success. */
export const LASTED_MS = 5000

/** From and to, in milliseconds. */
export type Span = readonly [from: number, to: number]

/** How pauses begin, and how far they grow, in milliseconds. */
export interface Backoff {
  /** The first is this long at least, and shorter than twice as long. @default {500} */
  minMs?: number
  /** As far as they grow; the first is as `minMs` says. @default {20000} */
  maxMs?: number
}

/** Pauses between one try and the next. */
export interface Pauses {
  /** What was asked for counts if it is the first, or longer than one's own. */
  next(asked?: Span | false): number
  /** What is asked of who is told that there is too much to do: more each time. */
  overload(): Span
  /** A try was a success. */
  reset(): void
}

/**
 * Each pause is as long as all before it together. So clients that were cut at once, and begin with one that
 * chance has chosen, come back spread out over as long again as they were away: whenever the server is back,
 * no second brings many more of them than the others.
 */
export function pauses(
  timers: Pick<Timers, 'random'>,
  { minMs = 500, maxMs = 20_000 }: Backoff = {},
): Pauses {
  /** How long one has waited by chance: what all have to wait tells nobody apart. */
  let waited = 0
  let overloads = 0
  return {
    next(asked) {
      const own = Math.min(maxMs, waited) || (minMs || 1) * 2 ** timers.random()
      const [from, to] = asked || [own, own]
      const chosen = timers.random() * (to - from)
      const ms = Math.max(from + chosen, waited && own)
      waited += chosen + own
      return ms
    },
    overload() {
      const half = [1000, 15_000, 30_000][overloads++] ?? 150_000
      return [half, half * 2]
    },
    reset() {
      waited = overloads = 0
    },
  }
}

/** `undefined` if it is none that makes sense. */
export function spanOf(value: unknown): Span | undefined {
  const [from, to] = [value].flat() as number[]
  return from! >= 0 && to! >= from! && to! <= MAX_PAUSE_MS ? [+from!, +to!] : undefined
}

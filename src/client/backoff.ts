import type { Timers } from '../runtime/port.ts'

/** Longest pause that a server may ask for, in milliseconds: timers overflow, and nobody waits a day. */
export const MAX_PAUSE_MS = 3_600_000

/** From and to, in milliseconds. */
export type Span = readonly [from: number, to: number]

/** How pauses begin, and how far they grow, in milliseconds. */
export interface Backoff {
  /** @default {500} */
  minMs?: number
  /** @default {20000} */
  maxMs?: number
}

/**
 * How long before the next try: grows with each failure before it, and clients that were cut at once spread
 * out. What was asked for counts if it is the first.
 */
export function pause(
  timers: Pick<Timers, 'random'>,
  failures: number,
  asked?: Span,
  { minMs = 500, maxMs = 20_000 }: Backoff = {},
): number {
  const spread = ([from, to]: Span): number => from + timers.random() * (to - from)
  const own = Math.min(maxMs, spread([minMs, minMs + Math.min(maxMs, minMs * 2 ** failures)]))
  return asked ? Math.max(spread(asked), failures && own) : own
}

/** What is asked of who was told that there is too much to do. */
export function overload(failures: number): Span {
  const most = [2000, 30_000, 60_000][failures] ?? 300_000
  return [most / 2, most]
}

/** `undefined` if it is none that makes sense. */
export function spanOf(value: unknown): Span | undefined {
  const [from, to] = [value].flat() as number[]
  return from! >= 0 && to! >= from! && to! <= MAX_PAUSE_MS ? [+from!, +to!] : undefined
}

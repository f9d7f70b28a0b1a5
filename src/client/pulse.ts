import type { Io } from './line.ts'

/** Asks a peer for a sign of life with every beat, and gives it up for want of one. */
export interface Pulse {
  /** Begins, or takes other times where they make sense. */
  start(beatMs?: unknown, waitMs?: unknown): void
  heard(): void
  /** Asks now. */
  check(): void
  stop(): void
}

/** The peer has `firstMs` to be there at all. */
export function pulse(
  timers: Io['timers'],
  firstMs: number,
  ask: () => void,
  dead: () => void,
): Pulse {
  let beat = 25_000
  let wait = 10_000
  /** A question is not answered yet. */
  let asked = true
  let stop: () => void
  const within = (ms: number): void => {
    stop?.()
    stop = timers.after(ms, () => (asked ? dead() : check()))
  }
  const check = (): void => {
    if (asked) return
    asked = true
    ask()
    within(wait)
  }
  within(firstMs)
  return {
    start(beatMs, waitMs) {
      beat = sensible(beatMs, beat)
      wait = sensible(waitMs, wait)
      asked = false
      // Clients that came at once do not ask at once.
      within(beat * timers.random())
    },
    heard() {
      if (!asked) return
      asked = false
      within(beat)
    },
    check,
    stop() {
      stop()
    },
  }
}

/** A tenth of a second to a day. */
function sensible(ms: any, otherwise: number): number {
  return ms >= 100 && ms <= 86_400_000 ? +ms : otherwise
}

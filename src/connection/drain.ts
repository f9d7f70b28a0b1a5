import type { Receiver, Timers } from '../runtime/port.ts'

/** Connections told to come back, in a second. */
const PER_SECOND = 500
/** How often it is looked whether those with something at work have come to an end. */
const STEP_MS = 50
/** The least time in which clients come back. */
const LEAST_MS = 1000

/** The connections of a server. */
export interface Crowd {
  /** Those that are not gone. */
  readonly live: Iterable<Receiver>
  /** How many have been let in and are not among them yet. */
  readonly coming?: number
}

/**
 * Ends connections for a restart, within `ms`: in small groups, each when what it has at work is
 * done, or when half of the time is over. All clients are told to come back in the same time, which
 * begins when the last of them is told: so none comes to a server that is about to end, and they are
 * spread out evenly.
 */
export async function drain(crowd: Crowd, ms: number, timers: Timers): Promise<void> {
  // A handler that has asked for this answers first.
  await undefined
  const begin = timers.now()
  const met = new Set(crowd.live)
  const fullMs = (met.size / PER_SECOND) * 1000
  const spreadMs = Math.min(fullMs, ms / 2)
  const done = (): boolean => {
    // Some were let in before it began, and are here only now.
    for (const c of crowd.live) met.add(c)
    const passed = timers.now() - begin
    /** Until the last of them is told. */
    const left = Math.max(0, Math.round(spreadMs - STEP_MS - passed))
    const retry = [left + LEAST_MS / 2, left + Math.round(LEAST_MS + fullMs)] as const
    let due = Math.ceil((met.size * (passed + STEP_MS)) / (spreadMs + 1))
    for (const c of met) {
      if (due-- <= 0) break
      c.drain(retry, passed >= ms / 2)
    }
    return !crowd.coming && [...met].every(({ gone }) => gone)
  }
  await until(done, begin + ms, timers)
}

/** Asks again and again, until the answer is yes or it is that late. */
export async function until(done: () => boolean, at: number, timers: Timers): Promise<void> {
  for (;;) {
    const left = at - timers.now()
    if (done() || left <= 0) return
    await new Promise<void>((resolve) => timers.after(Math.min(STEP_MS, left), resolve))
  }
}

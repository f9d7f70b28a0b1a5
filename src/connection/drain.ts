import type { Receiver, Timers } from '../runtime/port.ts'

/** Connections told to come back, in a second. */
const PER_SECOND = 500
/** How often it is looked whether those with something at work have come to an end. */
const STEP_MS = 50
/** The least time in which clients come back. */
const LEAST_MS = 1000

/**
 * Ends connections for a restart, within `ms`: in small groups, each when what it has at work is
 * done, or when half of the time is over. Clients are told to come back spread out as far.
 */
export async function drain(live: readonly Receiver[], ms: number, timers: Timers): Promise<void> {
  const begin = timers.now()
  const fullMs = (live.length / PER_SECOND) * 1000
  const spreadMs = Math.min(fullMs, ms / 2)
  const retry = [LEAST_MS / 2, Math.round(LEAST_MS + fullMs)] as const
  for (;;) {
    const passed = timers.now() - begin
    const due = Math.ceil((live.length * (passed + STEP_MS)) / (spreadMs + 1))
    for (const c of live.slice(0, due)) c.drain(retry, passed >= ms / 2)
    if (passed >= ms || live.every(({ gone }) => gone)) return
    await new Promise<void>((resolve) => timers.after(Math.min(STEP_MS, ms - passed), resolve))
  }
}

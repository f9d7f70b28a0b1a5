import type { Timers } from '../../runtime/port.ts'
import type { Failures } from './failures.ts'

/** What a policy gives to those who guard its connections. */
export interface Pass {
  readonly frameMs: number
  readonly warnMs: number
  readonly graceMs: number
  readonly failures: Failures
  verify(token: string, env: unknown): Promise<Found | undefined>
}

/** What a credential has said. */
export interface Found {
  readonly value: Record<string, unknown>
  readonly subject: string
  readonly expiresInMs?: number
}

/** It is valid, but for the time. */
export function isOver({ expiresInMs = Infinity }: Found): boolean {
  return expiresInMs <= 0
}

/** A credential that was verified. */
export interface Tried {
  readonly found: Found | undefined
  /** Counts it among the failures, if it was none and `nobodys` is so. */
  end(nobodys?: boolean): void
}

/** Verifies one that `who` has brought; `undefined` if too many of theirs have failed. */
export async function tryOut(
  pass: Pass,
  who: string | undefined,
  token: string,
  env: unknown,
  timers: Timers,
): Promise<Tried | undefined> {
  const trial = await pass.failures.begin(who, timers)
  if (!trial) return undefined
  try {
    const found = await pass.verify(token, env)
    return { found, end: (nobodys = true) => trial.end(!found && nobodys) }
  } catch (error) {
    trial.end(false)
    throw error
  }
}

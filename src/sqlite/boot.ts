import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

const LINUX = '/proc/sys/kernel/random/boot_id'
/** Two looks at when the machine has started may differ by this, since its clock is corrected. */
const TOLERANCE_MS = 10_000

/** Which run of the machine this is; a new one each time where that may not be known. */
export function bootOf(): string {
  try {
    return readFileSync(LINUX, 'utf8').trim()
  } catch {
    // Not Linux, or not allowed
  }
  try {
    return `at ${Math.round(Date.now() - uptime() * 1000)}`
  } catch {
    return crypto.randomUUID()
  }
}

export function isSameBoot(a: string, b: string): boolean {
  if (a === b) return true
  const [at, bt] = [timeOf(a), timeOf(b)]
  return Math.abs(at - bt) <= TOLERANCE_MS
}

function timeOf(boot: string): number {
  return boot.startsWith('at ') ? Number(boot.slice(3)) : NaN
}

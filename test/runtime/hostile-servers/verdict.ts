import type { Behaviour, Fate } from './behaviours.ts'
import type { Fates } from './victim.ts'

/** What is known of a platform: that it does not see what is wrong, or connects more than once for each try. */
export type Quirks = Readonly<
  Record<string, { fates?: readonly Fate[]; connectsPerTry?: number } | undefined>
>

/** A connection that is silent lasts that long. */
const PATIENCE_MS = 10_000

/**
 * Most tries within so many milliseconds. Pauses are half a second at least, and each is as long as all before
 * it: there are tries at 0, 0.5, 1, 2, 4 s and so on. A server may ask once for one without a pause.
 */
function mostTries(ms: number): number {
  return 3 + Math.floor(Math.log2(ms / 500))
}

/** What was not as it should be, a line for each. */
export function faults(
  table: Readonly<Record<string, Behaviour>>,
  { byName, problems, mostAsked, lives, sufferedMs }: Fates,
  visits: (name: string) => number,
  quirks: Quirks = {},
): string[] {
  const found = problems.map((problem) => `threw ${problem}`)
  if (!lives) found.push('is of no use afterwards')
  if (mostAsked > 1) found.push(`asked for ${mostAsked} credentials at once`)
  for (const [name, behaviour] of Object.entries(table)) {
    const { fates = behaviour.fates, connectsPerTry = 1 } = quirks[name] ?? {}
    const tries = visits(name) / connectsPerTry
    const isClosed = byName[name]?.status === 'closed'
    const fate: Fate = isClosed ? 'stops' : tries > 1 ? 'retries' : 'stays'
    // Who stays is asked for a sign of life in time, and does not give one.
    const isGivenUp = sufferedMs > PATIENCE_MS && fate === 'retries' && fates.includes('stays')
    if (!fates.includes(fate) && !isGivenUp) found.push(`${fate} where a server ${name}`)
    if (tries > mostTries(sufferedMs)) found.push(`comes ${tries} times to a server that ${name}`)
  }
  return found
}

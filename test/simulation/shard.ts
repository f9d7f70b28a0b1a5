import { expect, test } from 'vitest'
import { bank } from './seeds.ts'
import { play, printed, simulate } from './simulate.ts'
import type { Kind } from './world.ts'

/** Failures of one run that are made small and told. */
const MOST = 3

/** What has failed once, and so many schedules more. */
export function shard(kind: Kind, from: number, count: number): void {
  const known = bank.filter((each) => each.kind === kind)
  if (from === 1 && known.length > 0) {
    test.each(known)('$kind $seed: $why', async ({ seed, moves }) => {
      expect(await play(kind, seed, moves)).toBeUndefined()
    })
  }

  test(`${kind}: seeds ${from} to ${from + count - 1}`, { timeout: 600_000 }, async () => {
    const failures: string[] = []
    for (let seed = from; seed < from + count && failures.length < MOST; seed++) {
      const failure = await simulate(kind, seed)
      if (failure) failures.push(printed(failure))
    }
    expect(failures.join('\n')).toBe('')
  })
}

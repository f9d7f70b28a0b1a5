import { expect, test } from 'vitest'
import { type Off, simulate } from './simulate.ts'
import type { Kind } from './world.ts'

/** With each of these rules off, where it is seen that it is. */
const OFF: readonly (readonly [what: string, kind: Kind, off: Off])[] = [
  ['servers tell what is not the next publication', 'cluster', { server: 'gaps' }],
  ['servers do not look for a last publication that was lost', 'cluster', { server: 'positions' }],
  ['servers say that part of what was missed is all of it', 'process', { server: 'whole' }],
  ['servers take offsets of another epoch for their own', 'cluster', { server: 'epochs' }],
  ['clients do not mind a gap', 'process', { client: { gaps: true } }],
  ['clients take part of what was missed for all of it', 'process', { client: { wholes: true } }],
  ['clients take offsets of another epoch for their own', 'process', { client: { epochs: true } }],
  ['clients listen to sockets that they gave up', 'process', { client: { superseded: true } }],
  ['requests are done again where nobody can know of them', 'process', { requests: 'again' }],
  ['the same, by one of several servers', 'cluster', { requests: 'again' }],
  ['servers forget what they have done', 'process', { requests: 'forgotten' }],
  ['clients repeat what has no key', 'process', { requests: 'keyless' }],
  ['the same, with an object that sleeps', 'durable', { requests: 'keyless' }],
]

/** So many schedules are tried. */
const MOST = 2000
/** So many of the first are counted. */
const COUNTED = 100

test.each(OFF)('it is noticed when %s', { timeout: 300_000 }, async (_, kind, off) => {
  let failures = 0
  let first: number | undefined
  for (let seed = 1; seed <= MOST; seed++) {
    if (await simulate(kind, seed, off, false)) {
      failures++
      first ??= seed
    }
    if (seed >= COUNTED && first) break
  }
  expect(first, `a seed of the first ${MOST} that fails; ${failures} of ${COUNTED}`).toBeDefined()
})

test('and not when all rules hold', { timeout: 300_000 }, async () => {
  for (let seed = 1; seed <= COUNTED; seed++) {
    expect(await simulate('cluster', seed)).toBeUndefined()
    expect(await simulate('process', seed)).toBeUndefined()
  }
})

import { expect, test } from 'vitest'
import type { Follows, Snapshot } from '../runtime/port.ts'
import { isSilent } from './silence.ts'
import { newSnapshot } from './state.ts'

const NOW = 1_800_000_000_000
/** The default interval and timeout. */
const LIMIT_MS = 35_000

function heard(msAgo: number, protocol = 'denwa.v1.json', follows?: Follows): Snapshot {
  return { ...newSnapshot({}, protocol, follows), seen: NOW - msAgo }
}

test.each([
  ['a message within the time', 0, LIMIT_MS, undefined],
  ['a ping within the time', 0, 10 * LIMIT_MS, LIMIT_MS],
  ['a message after the last ping', 0, LIMIT_MS, 10 * LIMIT_MS],
  ['neither', 1, LIMIT_MS + 1, undefined],
  ['a ping that was too long ago', 1, 10 * LIMIT_MS, LIMIT_MS + 1],
])('who speaks the protocol is silent without a sign of life: %s', (_, silent, spoke, pinged) => {
  const pingedAt = pinged === undefined ? 0 : NOW - pinged
  expect(isSilent(heard(spoke), pingedAt, NOW)).toBe(silent === 1)
})

test.each(['', 'graphql-transport-ws'])('of who speaks %j only pings are missed', (protocol) => {
  expect(isSilent(heard(10 * LIMIT_MS, protocol), 0, NOW)).toBe(false)
  expect(isSilent(heard(10 * LIMIT_MS, protocol), NOW - LIMIT_MS, NOW)).toBe(false)
  expect(isSilent(heard(10 * LIMIT_MS, protocol), NOW - LIMIT_MS - 1, NOW)).toBe(true)
})

test('the time is that of the heartbeat', () => {
  const follows = { heartbeat: { intervalMs: 1000, timeoutMs: 500 } }
  expect(isSilent(heard(1500, undefined, follows), 0, NOW)).toBe(false)
  expect(isSilent(heard(1501, undefined, follows), 0, NOW)).toBe(true)
})

test('who was never heard is silent', () => {
  expect(isSilent(newSnapshot({}, 'denwa.v1.json'), 0, NOW)).toBe(true)
})

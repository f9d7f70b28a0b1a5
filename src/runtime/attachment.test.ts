import { expect, test } from 'vitest'
import { MAX_SNAPSHOT_BYTES, checkSize, newSnapshot } from '../connection/state.ts'
import { type Keeper, keep, snapshotOf } from './attachment.ts'
import type { Snapshot } from './port.ts'

/** Most that a socket keeps: 16 KiB less what the runtime adds to a string, or to bytes. */
const STRING = 16_379
const BYTES = 16_373

/** A socket that keeps as much as workerd's does. */
class Socket implements Keeper {
  kept: unknown = null

  serializeAttachment(value: unknown): void {
    const fits =
      typeof value === 'string'
        ? value.length * (/[^\0-\xff]/.test(value) ? 2 : 1) <= STRING
        : (value as Uint8Array).length <= BYTES
    if (!fits) throw new Error('too large')
    this.kept = structuredClone(value)
  }

  deserializeAttachment(): unknown {
    return structuredClone(this.kept)
  }
}

/** As large as it may be in a handshake, of these characters. */
function largest(character: string, follows: Snapshot['follows']): Snapshot {
  const make = (length: number): Snapshot =>
    newSnapshot({ fill: character.repeat(length) }, 'denwa.v1.json', follows, '/socket/:room')
  const size = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length
  const room = MAX_SNAPSHOT_BYTES - size(make(0))
  return make(Math.floor(room / new TextEncoder().encode(character).length))
}

test('what is kept comes back', () => {
  const socket = new Socket()
  const before = newSnapshot({ name: 'Änn €' }, 'denwa.v1.json', { idle: { ms: 5 } }, '/:room')
  before.channels.push('room/1')
  before.last = 7
  before.opened = true
  keep(socket, before)
  expect(snapshotOf(socket)).toEqual(before)
  before.seen = before.since = 1_800_000_000_000
  keep(socket, before)
  expect(snapshotOf(socket)).toEqual(before)
})

test('what is absent is absent', () => {
  const socket = new Socket()
  keep(socket, newSnapshot({}, ''))
  expect(Object.keys(snapshotOf(socket) ?? {})).not.toContain('follows')
  expect(Object.keys(snapshotOf(socket) ?? {})).not.toContain('seen')
})

test.each([
  ['nothing', null],
  ['another version', JSON.stringify([0, 'c_old'])],
  ['another form', JSON.stringify({ v: 1, id: 'c_old' })],
  ['no JSON', '?'],
  ['something else', 7],
])('%s is no snapshot', (_, kept) => {
  const socket = new Socket()
  socket.kept = kept
  expect(snapshotOf(socket)).toBeUndefined()
})

test.each(['x', 'é', '€', '😀'])(
  'the largest snapshot has room for what is added later: %j',
  (character) => {
    const snapshot = largest(character, {
      credential0: { subject: 'ann', expiresInMs: 3_600_000 },
      idle: { ms: 900_000 },
      age: { ms: 21_600_000, jitter: 0.1 },
      heartbeat: { intervalMs: 25_000 },
      rate: { messages: 100, windowMs: 1000 },
    })
    checkSize(snapshot)
    const at = 1_800_000_000_000
    snapshot.opened = true
    snapshot.last = Number.MAX_SAFE_INTEGER
    snapshot.seen = snapshot.since = at
    Object.assign(snapshot.follows?.['credential0'] ?? {}, { at, asked: true })
    Object.assign(snapshot.follows?.['idle'] ?? {}, { at })
    Object.assign(snapshot.follows?.['age'] ?? {}, { at })
    const socket = new Socket()
    keep(socket, snapshot)
    expect(snapshotOf(socket)).toEqual(snapshot)
  },
)

test('what is too large is an error', () => {
  const snapshot = newSnapshot({}, '')
  snapshot.state = { fill: 'x'.repeat(16_400) }
  expect(() => keep(new Socket(), snapshot)).toThrow('too large')
})

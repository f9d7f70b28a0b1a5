import { expect, test } from 'vitest'
import { sqlOf, storedBroker } from './stored.ts'

const keep = { size: 10, maxAgeMs: 1000, maxBytes: 1000 }
const NOTHING = { maxCount: 0, maxBytes: 0 }

test('an object without SQLite is used until something is to be kept', () => {
  const broker = storedBroker({}, () => 5)
  expect(broker.now()).toBe(5)
  broker.close()
  for (const ask of [
    () => broker.read('a', NOTHING, keep),
    () => broker.publish('a', { event: 'e', body: '{}' }, keep),
    () => broker.members('a'),
  ]) {
    expect(ask).toThrow(/Cannot keep what channels remember: .* "new_sqlite_classes"/)
  }
})

test('an object whose SQLite is not turned on has none', () => {
  const sql = {
    exec: () => ({ toArray: () => [] }),
    get databaseSize(): number {
      throw new Error('SQL is not enabled')
    },
  }
  expect(() => sqlOf({ sql })).toThrow(TypeError)
})

test('what does not fit into a value of SQLite is not published', () => {
  const draft = { event: 'e', body: JSON.stringify('x'.repeat(2_000_000)) }
  expect(() => storedBroker({}, () => 0).publish('a', draft, keep)).toThrow(
    /Cannot keep a publication of more than 1990000 bytes/,
  )
})

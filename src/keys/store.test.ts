import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Database } from '../sqlite/database.ts'
import { memoryKeys } from './memory.ts'
import type { KeyLimits, KeyStore, Keyed } from './port.ts'
import { sqlKeys } from './sql.ts'

const MINUTE = 60_000

let now = 0
let database: Database
beforeEach(() => {
  now = 1000
  database = new Database(':memory:')
})
afterEach(() => database.close())

type Make = (limits?: KeyLimits) => KeyStore

const stores: readonly (readonly [name: string, make: Make])[] = [
  ['memory', (limits) => memoryKeys({ ...limits, clock: { now: () => now } })],
  ['SQL', (limits) => sqlKeys(database, { ...limits, name: 'test', now: () => now })],
  // One that was made a moment ago knows nothing but what is written.
  [
    'SQL, each time anew',
    (limits) => anew(() => sqlKeys(database, { ...limits, name: 'test', now: () => now })),
  ],
]

function anew(make: () => KeyStore): KeyStore {
  return {
    name: make().name,
    take: (...asked) => make().take(...asked),
    keep: (...asked) => make().keep(...asked),
    drop: (...asked) => make().drop(...asked),
  }
}

function keyed(name: string, who = '', input = 'x'): Keyed {
  return { name: JSON.stringify([name]), who, input }
}

describe.each(stores)('%s', (_, make) => {
  test('begins once, and knows how it ends', () => {
    const store = make()
    const a = keyed('a')
    expect(store.take(a)).toBe('begun')
    expect(store.take(a, store.name)).toEqual({ input: 'x', outcome: undefined })
    store.keep(a, '{"data":1}')
    for (const again of [undefined, store.name, 'elsewhere', '']) {
      expect(store.take(keyed('a', '', 'y'), again)).toEqual({ input: 'x', outcome: '{"data":1}' })
    }
  })

  test('forgets what is dropped', () => {
    const store = make()
    store.take(keyed('a'))
    store.drop(keyed('a'))
    store.drop(keyed('b'))
    expect(store.take(keyed('a'), store.name)).toBe('begun')
  })

  test('begins what comes again from here, and not what comes from elsewhere', () => {
    const store = make()
    expect(store.take(keyed('a'), 'elsewhere')).toBe('lost')
    expect(store.take(keyed('a'), store.name)).toBe('begun')
  })

  test('keeps users apart, and begins nothing again that was somebody else’s, as it seems', () => {
    const store = make()
    store.take(keyed('a', 'ann'))
    store.keep(keyed('a', 'ann'), 'secret')
    expect(store.take(keyed('a', 'ben'), store.name)).toBe('lost')
    expect(store.take(keyed('a', 'ben'))).toBe('begun')
    expect(store.take(keyed('a', 'ben'), store.name)).toEqual({ input: 'x', outcome: undefined })
    store.drop(keyed('a', 'ann'))
    store.drop(keyed('a', 'ben'))
    expect(store.take(keyed('a', 'cy'), store.name)).toBe('begun')
  })

  test('remembers for five minutes after the end, and for as long what has none', () => {
    const store = make()
    store.take(keyed('a'))
    store.take(keyed('b'))
    now += 4 * MINUTE
    store.keep(keyed('a'), 'A')
    now += MINUTE
    expect(store.take(keyed('b'), 'elsewhere')).toBe('lost')
    now += 4 * MINUTE - 1
    expect(store.take(keyed('a'))).toMatchObject({ outcome: 'A' })
    now += 1
    expect(store.take(keyed('a'))).toBe('begun')
    // Late by far: it is known again.
    store.keep(keyed('b'), 'B')
    expect(store.take(keyed('b'))).toMatchObject({ outcome: 'B' })
  })

  test('is full at a number, and takes more when time has passed or something is dropped', () => {
    const store = make({ max: 3 })
    for (const name of ['a', 'b', 'c']) store.take(keyed(name))
    expect(store.take(keyed('d'))).toBe('full')
    expect(store.take(keyed('d'), store.name)).toBe('full')
    expect(store.take(keyed('a'))).toMatchObject({ input: 'x' })
    store.drop(keyed('a'))
    expect(store.take(keyed('d'))).toBe('begun')
    now += 5 * MINUTE
    for (const name of ['a', 'b', 'c']) expect(store.take(keyed(name))).toBe('begun')
    expect(store.take(keyed('d'))).toBe('full')
  })

  test('is full for one user, and not for others', () => {
    const store = make({ maxEach: 2 })
    for (const name of ['a', 'b']) store.take(keyed(name, 'ann'))
    expect(store.take(keyed('c', 'ann'))).toBe('full')
    expect(store.take(keyed('c', 'ben'))).toBe('begun')
    for (const name of ['a', 'b', 'c', 'd']) expect(store.take(keyed(name))).toBe('begun')
    store.drop(keyed('a', 'ann'))
    expect(store.take(keyed('c', 'ann'))).toBe('begun')
  })

  test('is full at so many bytes; what has no room is known as begun', () => {
    const store = make({ maxBytes: 10_000 })
    store.take(keyed('a'))
    store.take(keyed('b'))
    store.keep(keyed('a'), 'A'.repeat(9000))
    store.keep(keyed('b'), 'B'.repeat(9000))
    expect(store.take(keyed('a'))).toMatchObject({ outcome: 'A'.repeat(9000) })
    expect(store.take(keyed('b'))).toEqual({ input: 'x', outcome: undefined })
    let more = 0
    while (store.take(keyed(`c${more}`)) === 'begun') more++
    expect(more).toBeGreaterThan(0)
    expect(more).toBeLessThan(10)
  })

  test('has names and users of any kind', () => {
    const store = make()
    const odd = ['__proto__', 'constructor', "';--", '"', '\0', 'ü€😀', '[']
    for (const name of odd)
      for (const who of odd) {
        expect(store.take(keyed(name, who))).toBe('begun')
        store.keep(keyed(name, who), name + who)
      }
    for (const name of odd)
      for (const who of odd) {
        expect(store.take(keyed(name, who))).toMatchObject({ outcome: name + who })
      }
  })

  test('wants limits that are some', () => {
    for (const limits of [{ max: 0 }, { maxEach: 1.5 }, { maxBytes: NaN }]) {
      expect(() => make(limits)).toThrow(RangeError)
    }
  })
})

test('each memory has a name of its own', () => {
  const names = Array.from({ length: 100 }, () => memoryKeys().name)
  expect(new Set(names).size).toBe(100)
  for (const name of names) expect(name).toMatch(/^[\w-]{1,12}$/)
})

test('who asks for more than there is room for does not have a whole table read each time', () => {
  let scans = 0
  const { databaseSize } = database
  const exec = (query: string, ...bindings: unknown[]): any => {
    if (query.includes('GROUP BY')) scans++
    return database.exec(query, ...bindings)
  }
  const limits = { maxEach: 10, name: 'test', now: () => now }
  const store = sqlKeys({ databaseSize, exec }, limits)
  for (let n = 0; n < 10; n++) store.take(keyed(`${n}`, 'ann'))
  scans = 0
  for (let n = 0; n < 100; n++) expect(store.take(keyed(`more ${n}`, 'ann'))).toBe('full')
  expect(scans).toBeLessThan(5)
  now += 5 * MINUTE
  expect(store.take(keyed('later', 'ann'))).toBe('begun')
})

import { afterEach, expect, test } from 'vitest'
import { SocketError } from '../errors.ts'
import { Database } from '../sqlite/database.ts'
import type { Keep } from './port.ts'
import { type SqlBrokerOptions, sqlBroker } from './sql.ts'

const keep: Keep = { size: 10, maxAgeMs: 60_000, maxBytes: 1_000_000 }
const all = { maxCount: 1_000, maxBytes: 10_000_000 }
const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
const START = 1_700_000_000_000

const open: Database[] = []
afterEach(() => open.splice(0).forEach((database) => database.close()))

function setUp(options: Partial<SqlBrokerOptions> = {}) {
  const clock = { now: START }
  const database = new Database(':memory:')
  open.push(database)
  const { transaction } = database
  const reopen = () => sqlBroker(database, { transaction, now: () => clock.now, ...options })
  const broker = reopen()
  const say = (channel: string, body = 'x', kept = keep) =>
    broker.publish(channel, { event: 'said', body }, kept)
  /** Has so many things happen that are none of anybody's business. */
  const pass = (uses: number) => {
    for (let i = 0; i < uses; i++) broker.exit('nobody', 'here')
  }
  const query = <T>(text: string): T[] => database.exec(text).toArray() as T[]
  const rows = (table: string) =>
    query<{ n: number }>(`SELECT count(*) AS n FROM denwa_${table}`)[0]!.n
  const position = (channel: string) => broker.read(channel, all, keep).position
  return { broker, clock, database, reopen, say, pass, query, rows, position }
}

test('a publication is a row, and one that goes another', () => {
  const { say, query } = setUp()
  say('a')
  const changes = () => query<{ n: number }>('SELECT total_changes() AS n')[0]!.n
  const before = changes()
  for (let i = 0; i < 100; i++) say('a')
  expect(changes() - before).toBe(100 + 91)
})

test('when the disk is full nothing was published, and nobody hears of it', () => {
  const { broker, database, say, position } = setUp()
  const heard: number[] = []
  broker.subscribe('a', { published: ({ offset }) => heard.push(offset) })
  const [epoch] = say('a')!
  const [{ page_count: pages }] = database.exec('PRAGMA page_count').toArray()
  database.exec(`PRAGMA max_page_count = ${pages + 2}`)
  const fill = () => {
    for (;;) say('a', 'x'.repeat(1_000))
  }
  expect(fill).toThrow(SocketError)
  expect(fill).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterMs: 1_000 }))
  const top = heard.at(-1)!
  expect(position('a')).toEqual([epoch, top])
  database.exec('PRAGMA max_page_count = 100000')
  expect(say('a', 'x'.repeat(10_000))).toEqual([epoch, top + 1])
  expect(heard).toEqual(Array.from({ length: top + 1 }, (_, i) => i + 1))
})

test('what is too old goes, though nobody asks for it; its position stays', () => {
  const { clock, say, pass, rows, position, reopen } = setUp()
  for (let i = 0; i < 10; i++) say('a')
  const [epoch] = position('a')
  clock.now += 2 * HOUR
  pass(100)
  expect(rows('publications')).toBe(0)
  expect(position('a')).toEqual([epoch, 10])
  expect(reopen().read('a', all, keep).position).toEqual([epoch, 10])
})

test('a channel that nobody uses is forgotten after thirty days', () => {
  const { broker, clock, say, pass, position } = setUp()
  for (const channel of ['a', 'heard', 'entered']) say(channel)
  const before = ['a', 'heard', 'entered'].map(position)
  broker.subscribe('heard', { published: () => {} })
  broker.enter('entered', { key: 'k', meta: '', connection: 'c' }, 1_000)
  for (let day = 0; day < 31; day++) {
    clock.now += DAY
    pass(64)
  }
  expect([position('heard'), position('entered')]).toEqual(before.slice(1))
  const [epoch, top] = position('a')
  expect(top).toBe(0)
  expect(epoch).not.toBe(before[0]![0])
})

test('beyond the size of the database those go first that were published to the longest ago', () => {
  const maxBytes = 1_000_000
  const { broker, clock, database, say } = setUp({ maxBytes })
  const wide = { ...keep, size: 1_000, maxAgeMs: 30 * DAY, maxBytes: 100_000_000 }
  const kept = (channel: string) => broker.read(channel, { last: 1, ...all }, wide).publications
  for (const channel of ['a', 'b', 'c']) {
    clock.now += 2 * HOUR
    for (let i = 0; i < 300; i++) say(channel, 'x'.repeat(1_500), wide)
  }
  expect(database.databaseSize).toBeLessThan(maxBytes + 64 * 2_000)
  expect([kept('a').length, kept('c').length]).toEqual([0, 1])
  expect(broker.read('a', all, wide).position[1]).toBe(300)
})

test('so do positions, where nothing else is left', () => {
  const { database, broker } = setUp({ maxBytes: 200_000 })
  for (let i = 0; i < 5_000; i++) broker.read(`a/${i}/${'x'.repeat(50)}`, all, keep)
  expect(database.databaseSize).toBeLessThan(250_000)
})

test('time does not go back with the clock on the wall', () => {
  const { clock, reopen, say, broker } = setUp()
  say('a')
  clock.now -= DAY
  const later = reopen()
  expect(later.now()).toBe(START)
  clock.now += 61_000
  expect(later.read('a', { last: 1, ...all }, keep).publications).toEqual([])
  expect(broker.now()).toBe(START - DAY + 61_000)
})

test('tables of a later version are left alone', () => {
  const { database, reopen } = setUp()
  database.exec("UPDATE denwa_info SET value = 99 WHERE name = 'version'")
  expect(reopen).toThrow('Cannot read tables of layout 99')
})

test('tables of an earlier version are brought up to date', () => {
  const { database, reopen, query } = setUp()
  for (const column of ['earlier', 'since']) {
    database.exec(`ALTER TABLE denwa_members DROP COLUMN ${column}`)
  }
  database.exec("UPDATE denwa_info SET value = 1 WHERE name = 'version'")
  database.exec(
    `INSERT INTO denwa_members (channel, key, meta, connection, turn) VALUES ('a', 'x', '1', 'y', 0)`,
  )
  const { members } = reopen().members('a')
  expect(members).toEqual([{ key: 'x', meta: '1', connection: 'y' }])
  expect(query("SELECT value FROM denwa_info WHERE name = 'version'")).toEqual([{ value: 2 }])
})

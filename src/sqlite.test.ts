import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Keep, Position } from './broker/port.ts'
import type { SyncBroker } from './broker/sync.ts'
import { type KeyFile, type SqliteBrokerOptions, sqliteBroker, sqliteKeys } from './sqlite.ts'
import { Database } from './sqlite/database.ts'

const keep: Keep = { size: 10, maxAgeMs: 60_000, maxBytes: 1_000_000 }
const draft = { event: 'said', body: 'x' }
const all = { maxCount: 100, maxBytes: 1_000_000 }

let dir = ''
let open: SyncBroker[] = []
let files: KeyFile[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'denwa-sqlite-'))
})
afterEach(() => {
  for (const broker of open) broker.close()
  for (const file of files) file.close()
  open = []
  files = []
  rmSync(dir, { recursive: true })
})

function broker(name = 'a.db', options?: SqliteBrokerOptions): SyncBroker {
  const opened = sqliteBroker(join(dir, name), options)
  open.push(opened)
  return opened
}

/** What a killed process, or a machine without power, leaves of its files. */
function leave(from: string, to: string, boot?: string): void {
  for (const end of ['', '-wal']) {
    if (existsSync(join(dir, from + end))) cpSync(join(dir, from + end), join(dir, to + end))
  }
  if (boot === undefined) return
  const database = new Database(join(dir, to))
  database.exec("UPDATE denwa_info SET value = ? WHERE name = 'boot' AND value <> ''", boot)
  database.close()
}

const positionIn = (one: SyncBroker): Position => one.read('room', all, keep).position

describe('after a loss of power', () => {
  test('what is kept goes on in a new epoch: offsets may come again', () => {
    const before = broker().publish('room', draft, keep)!
    leave('a.db', 'b.db', 'another boot')
    const page = broker('b.db').read('room', { since: before, ...all }, keep)
    expect(page).toEqual({ position: [expect.any(String), 1], publications: [], missing: 'epoch' })
    expect(page.position[0]).not.toBe(before[0])
    expect(open[1]!.read('room', { last: 1, ...all }, keep).publications).toHaveLength(1)
  })

  test('the epoch stays where nothing can have been lost', () => {
    const before = broker('a.db', { powerLoss: 'nothing' }).publish('room', draft, keep)!
    leave('a.db', 'b.db', 'another boot')
    expect(positionIn(broker('b.db', { powerLoss: 'nothing' }))).toEqual(before)
  })

  test('so it does after the process was killed, and after it has closed', () => {
    const before = broker().publish('room', draft, keep)!
    leave('a.db', 'b.db')
    expect(positionIn(broker('b.db'))).toEqual(before)
    open[1]!.close()
    leave('b.db', 'c.db', 'another boot')
    expect(positionIn(broker('c.db'))).toEqual(before)
  })

  test('one that cannot lose anything now may have lost something before', () => {
    const before = broker().publish('room', draft, keep)!
    leave('a.db', 'b.db', 'another boot')
    expect(positionIn(broker('b.db', { powerLoss: 'nothing' }))[0]).not.toBe(before[0])
  })
})

describe('a file of requests', () => {
  const rent = { name: '["rent"]', who: 'ann', input: 'x' }
  const food = { ...rent, name: '["food"]' }
  const keys = (name: string, powerLoss: 'last' | 'nothing' = 'last'): KeyFile => {
    const opened = sqliteKeys(join(dir, name), { powerLoss })
    files.push(opened)
    return opened
  }
  const begun = (powerLoss?: 'last' | 'nothing'): KeyFile => {
    const before = keys('a.db', powerLoss)
    before.take(rent)
    before.keep(rent, '{"data":1}')
    before.take(food)
    return before
  }

  test('has what was begun and what has ended, after its process was killed or has closed', () => {
    const { name } = begun()
    leave('a.db', 'b.db')
    const killed = keys('b.db')
    const isKnown = (file: KeyFile): void => {
      expect(file.name).toBe(name)
      expect(file.take(rent, file.name)).toEqual({ input: 'x', outcome: '{"data":1}' })
      expect(file.take(food, file.name)).toEqual({ input: 'x', outcome: undefined })
    }
    isKnown(killed)
    killed.close()
    leave('b.db', 'c.db', 'another boot')
    isKnown(keys('c.db'))
  })

  test('has another name after a loss of power, for the last may be lost', () => {
    const { name } = begun()
    leave('a.db', 'b.db', 'another boot')
    const after = keys('b.db')
    expect(after.name).not.toBe(name)
    expect(after.name).toMatch(/^[\w-]{12}$/)
    expect(after.take(rent, 'elsewhere')).toMatchObject({ outcome: '{"data":1}' })
  })

  test('keeps its name where nothing can have been lost', () => {
    const { name } = begun('nothing')
    leave('a.db', 'b.db', 'another boot')
    expect(keys('b.db', 'nothing').name).toBe(name)
  })

  test('belongs to one at a time, and closes once', () => {
    const one = keys('a.db')
    expect(() => keys('a.db')).toThrow(/it is open already/)
    one.close()
    one.close()
    expect(() => one.take(rent)).toThrow()
    keys('a.db')
  })
})

describe('a file', () => {
  test('belongs to one broker at a time', () => {
    broker()
    expect(() => broker()).toThrow(/^Cannot open ".*a\.db": it is open already/)
    open[0]!.close()
    expect(positionIn(broker())[1]).toBe(0)
  })

  test('that is no database, or cannot be made, is named', () => {
    writeFileSync(join(dir, 'a.db'), 'no database '.repeat(100))
    expect(() => broker()).toThrow(/^Cannot open ".*a\.db": file is not a database/)
    expect(() => broker('no/such/dir.db')).toThrow(/^Cannot open ".*dir\.db": unable to open/)
  })

  test('is not there any more once it is closed', () => {
    const one = broker()
    one.close()
    one.close()
    const refused = expect.objectContaining({ code: 'unavailable' })
    expect(() => one.publish('room', draft, keep)).toThrow(refused)
    expect(() => one.members('room')).toThrow(refused)
  })

  test('wants a runtime that has SQLite', () => {
    const without = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    expect(() => broker()).toThrow('update to Node 24, Bun 1.4 or Deno 2.9')
    without.mockRestore()
  })
})

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { memoryBroker } from '../../broker/memory.ts'
import { sqlBroker } from '../../broker/sql.ts'
import { sqliteBroker } from '../../sqlite.ts'
import { Database } from '../../sqlite/database.ts'
import { brokerConformance } from './index.ts'
import type { BrokerTarget } from './target.ts'

const time = () => {
  let ms = 1_700_000_000_000
  return { now: () => ms, advance: (by: number) => (ms += by) }
}

const inMemory: BrokerTarget = {
  name: 'in memory',
  make() {
    const { now, advance } = time()
    return { broker: memoryBroker({ now }), advance }
  },
}

const sql: BrokerTarget = {
  name: 'in SQL',
  capabilities: { durable: true },
  make() {
    const { now, advance } = time()
    const database = new Database(':memory:')
    const open = () => sqlBroker(database, { transaction: database.transaction, now })
    return { broker: open(), advance, restart: open, end: () => database.close() }
  },
}

const file: BrokerTarget = {
  name: 'in a file',
  capabilities: { durable: true },
  make() {
    const { now, advance } = time()
    const dir = mkdtempSync(join(tmpdir(), 'denwa-brokers-'))
    const open = [sqliteBroker(join(dir, '0.db'), { now })]
    return {
      broker: open[0]!,
      advance,
      // Where a process is killed, its files are what a copy of them is.
      restart() {
        const from = join(dir, `${open.length - 1}.db`)
        const to = join(dir, `${open.length}.db`)
        for (const end of ['', '-wal']) if (existsSync(from + end)) cpSync(from + end, to + end)
        open.push(sqliteBroker(to, { now }))
        return open.at(-1)!
      },
      end() {
        for (const broker of open) broker.close()
        rmSync(dir, { recursive: true })
      },
    }
  },
}

for (const target of [inMemory, sql, file]) brokerConformance(target, { describe, expect, test })

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryBroker } from 'denwa/broker'
import type { BrokerTarget } from 'denwa/broker/conformance'
import { sqliteBroker } from 'denwa/sqlite'
import { time } from './time.ts'

export const inMemory: BrokerTarget = {
  name: 'in memory',
  make() {
    const { now, advance } = time()
    return { broker: memoryBroker({ now }), advance }
  },
}

export const inSqlite: BrokerTarget = {
  name: 'in SQLite, in memory',
  make() {
    const { now, advance } = time()
    const broker = sqliteBroker(':memory:', { now })
    return { broker, advance, end: () => broker.close() }
  },
}

export const inFile: BrokerTarget = {
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
        const broker = sqliteBroker(to, { now })
        open.push(broker)
        return broker
      },
      end() {
        for (const broker of open) broker.close()
        rmSync(dir, { recursive: true })
      },
    }
  },
}

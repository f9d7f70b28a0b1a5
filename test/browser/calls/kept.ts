import { join } from 'node:path'
import process from 'node:process'
import { sqliteBroker, sqliteKeys } from 'denwa/sqlite'
import type { Keeping } from './app.ts'

const file = (name: string): string => join(process.env['DATA_DIR'] as string, name)

/** On the disk: what is said outlives the process, however it ends. */
export const kept = (): Keeping => ({
  broker: sqliteBroker(file('calls.db')),
  keys: { store: sqliteKeys(file('keys.db')) },
})

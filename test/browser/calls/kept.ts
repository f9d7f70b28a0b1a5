import { join } from 'node:path'
import process from 'node:process'
import type { Broker } from 'denwa/broker'
import { sqliteBroker } from 'denwa/sqlite'

/** On the disk: what is said outlives the process, however it ends. */
export const kept = (): Broker => sqliteBroker(join(process.env['DATA_DIR'] as string, 'calls.db'))

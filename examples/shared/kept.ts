import { join } from 'node:path'
import { type Broker, memoryBroker } from 'denwa/broker'
import { sqliteBroker } from 'denwa/sqlite'

/** In a file that outlives the process, if `DATA_DIR` says where; else in memory. */
export function keptIn(file: string): Broker {
  const dir = process.env['DATA_DIR']
  return dir ? sqliteBroker(join(dir, file)) : memoryBroker()
}

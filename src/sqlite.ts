/**
 * What is published outlives the process: in a file of SQLite, on Node, Bun and Deno.
 *
 * @module
 */
import { type SqlBrokerOptions, sqlBroker } from './broker/sql.ts'
import { renewEpochs } from './broker/sql/channels.ts'
import { info, migrate, setInfo } from './broker/sql/schema.ts'
import type { SyncBroker } from './broker/sync.ts'
import { bootOf, isSameBoot } from './sqlite/boot.ts'
import { Database } from './sqlite/database.ts'

/** Options of {@linkcode sqliteBroker}. */
export interface SqliteBrokerOptions extends Pick<SqlBrokerOptions, 'now' | 'epoch'> {
  /**
   * Bytes that the file may take, about: beyond them the oldest publications go, of channels that were not
   * used for long before others.
   *
   * @default {268435456}, 256 MiB
   */
  maxBytes?: number
  /**
   * What a loss of power may take. `'last'`: what was published in the last moments; then every channel gets
   * a new epoch, so that no client takes one publication for another. `'nothing'`: each publication waits
   * for the disk, and the process with it: ten to some hundred times as long.
   *
   * @default 'last'
   */
  powerLoss?: 'last' | 'nothing'
}

/**
 * Keeps what is published, positions and members in a file of SQLite. Once `publish` has returned, the end of
 * the process takes nothing of it, however it ends. The file belongs to one process at a time, and wants a
 * local disk. An older copy must not take its place: its offsets would come again in the same epoch.
 *
 * For Node 24, Bun 1.4, Deno 2.9 and later ones. Deno asks for `--allow-read` and `--allow-write`; unless it
 * also has `--allow-sys` or `--allow-all`, a process that was killed is taken for a loss of power.
 *
 * @param path of the file, which is made if there is none
 * @throws {Error} if the file cannot be opened, if another process has it open, if a later version has
 * written it, or if the runtime has no SQLite
 * @throws {RangeError} if a limit is not a positive whole number
 *
 * @example
 * ```ts
 * import { sqliteBroker } from 'denwa/sqlite'
 *
 * export const openBroker = () => sqliteBroker('chat.db', { maxBytes: 64 * 1024 * 1024 })
 * ```
 */
export function sqliteBroker(path: string, options: SqliteBrokerOptions = {}): SyncBroker {
  const { maxBytes = 256 * 1024 * 1024, powerLoss = 'last', ...rest } = options
  const database = new Database(path)
  try {
    // What is written of the boot must be on the disk before anything that counts on it.
    database.exec('PRAGMA synchronous = FULL')
    begin(database, powerLoss === 'last' ? bootOf() : null)
    if (powerLoss === 'last') database.exec('PRAGMA synchronous = NORMAL')
    const { transaction } = database
    const broker = sqlBroker(database, { transaction, maxBytes, ...rest })
    return Object.assign(broker, { close: once(() => end(database)) })
  } catch (error) {
    database.close()
    throw error
  }
}

/** A run that has not ended has left its boot; if that was another one, its last writes may be lost. */
function begin(database: Database, boot: string | null): void {
  database.transaction(() => {
    migrate(database)
    const left = info(database, 'boot')
    if (typeof left === 'string' && !isSameBoot(left, boot ?? bootOf())) renewEpochs(database)
    setInfo(database, 'boot', boot)
  })
}

function end(database: Database): void {
  try {
    database.exec('PRAGMA synchronous = FULL')
    setInfo(database, 'boot', null)
  } finally {
    database.close()
  }
}

function once(task: () => void): () => void {
  let done = false
  return () => {
    if (!done) task()
    done = true
  }
}

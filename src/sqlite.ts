/**
 * What is published, and which requests were done, outlives the process: in a file of SQLite, on Node, Bun and Deno.
 *
 * @module
 */
import { type SqlBrokerOptions, sqlBroker } from './broker/sql.ts'
import { renewEpochs } from './broker/sql/channels.ts'
import { info, makeInfo, migrate, setInfo } from './broker/sql/schema.ts'
import { type SyncBroker, randomEpoch } from './broker/sync.ts'
import type { KeyStore } from './keys/port.ts'
import { type SqlKeysOptions, sqlKeys } from './keys/sql.ts'
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
  return opened(path, powerLoss, { prepare: migrate, lost: renewEpochs }, (database) => {
    const { transaction } = database
    return sqlBroker(database, { transaction, maxBytes, ...rest })
  })
}

/** Options of {@linkcode sqliteKeys}. */
export interface SqliteKeysOptions extends Omit<SqlKeysOptions, 'name'> {
  /**
   * What a loss of power may take. `'last'`: what was remembered in the last moments; then no client that was
   * connected before repeats a request, but each fails with `connection_lost`. `'nothing'`: each request waits
   * for the disk twice, and the process with it.
   *
   * @default 'last'
   */
  powerLoss?: 'last' | 'nothing'
}

/**
 * Remembers requests with a key in a file of SQLite: that one is begun before its handler runs, and its answer
 * before that is sent. So a client may repeat what it has said before the process ended, however it ended. What
 * was at work then fails with `connection_lost`. The file belongs to one process at a time, wants a local disk,
 * and is another one than a broker's. An older copy must not take its place.
 *
 * For the same runtimes as {@linkcode sqliteBroker}.
 *
 * @param path of the file, which is made if there is none
 * @throws {Error} if the file cannot be opened, if another process has it open, or if the runtime has no SQLite
 * @throws {RangeError} if a limit is not a positive whole number
 *
 * @example
 * ```ts
 * import { contract, socket } from 'denwa'
 * import { sqliteKeys } from 'denwa/sqlite'
 * import { z } from 'zod'
 *
 * const shop = contract({ requests: { pay: { input: z.number(), output: z.number() } } })
 *
 * export const openShop = () =>
 *   socket(shop, {
 *     keys: { store: sqliteKeys('keys.db') },
 *     requests: { pay: (c) => c.data },
 *   })
 * ```
 */
export function sqliteKeys(path: string, options: SqliteKeysOptions = {}): KeyFile {
  const { powerLoss = 'last', ...rest } = options
  const rename = (database: Database): void => setInfo(database, NAME, randomEpoch())
  const prepare = (database: Database): void => {
    makeInfo(database)
    if (info(database, NAME) === undefined) rename(database)
  }
  return opened(path, powerLoss, { prepare, lost: rename }, (database) =>
    sqlKeys(database, { name: String(info(database, NAME)), ...rest }),
  )
}

/** A store in a file. */
export interface KeyFile extends KeyStore {
  close(): void
}

const NAME = 'keys'

interface Layout {
  prepare(database: Database): void
  /** The last writes may be lost. */
  lost(database: Database): void
}

/** Opens a file; on an error it is closed again. */
function opened<T extends object>(
  path: string,
  powerLoss: 'last' | 'nothing',
  layout: Layout,
  make: (database: Database) => T,
): T & { close(): void } {
  const database = new Database(path)
  try {
    // What is written of the boot must be on the disk before anything that counts on it.
    database.exec('PRAGMA synchronous = FULL')
    begin(database, layout, powerLoss === 'last' ? bootOf() : null)
    if (powerLoss === 'last') database.exec('PRAGMA synchronous = NORMAL')
    return Object.assign(make(database), { close: once(() => end(database)) })
  } catch (error) {
    database.close()
    throw error
  }
}

/** A run that has not ended has left its boot; if that was another one, its last writes may be lost. */
function begin(database: Database, layout: Layout, boot: string | null): void {
  database.transaction(() => {
    layout.prepare(database)
    const left = info(database, 'boot')
    if (typeof left === 'string' && !isSameBoot(left, boot ?? bootOf())) layout.lost(database)
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

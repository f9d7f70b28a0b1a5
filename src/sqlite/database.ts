import process from 'node:process'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Sql } from '../broker/sql/database.ts'

const BUSY = 5

/** A file of SQLite that belongs to this process, as the broker sees it. */
export class Database implements Sql {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.#database = open(path)
    try {
      // The lock is held until the process ends, however it does.
      this.exec('PRAGMA locking_mode = EXCLUSIVE')
      this.exec('PRAGMA journal_mode = WAL')
      this.transaction(() => {})
    } catch (cause) {
      this.#database.close()
      throw cannotOpen(path, cause)
    }
  }

  get databaseSize(): number {
    const [row] = this.exec(
      `SELECT (page_count - freelist_count) * page_size AS size
      FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()`,
    ).toArray() as { size: number }[]
    return row?.size ?? 0
  }

  exec(query: string, ...bindings: any[]): { toArray(): any[] } {
    const known = this.#statements.get(query)
    const statement = known ?? this.#database.prepare(query)
    if (!known) this.#statements.set(query, statement)
    const rows = statement.all(...bindings)
    return { toArray: () => rows }
  }

  readonly transaction = <T>(body: () => T): T => {
    this.exec('BEGIN IMMEDIATE')
    try {
      const result = body()
      this.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #rollBack(): void {
    try {
      this.exec('ROLLBACK')
    } catch {
      // When the disk is full, SQLite has done so by itself.
    }
  }
}

function open(path: string): DatabaseSync {
  const sqlite = process.getBuiltinModule?.('node:sqlite')
  if (!sqlite) {
    throw new Error('Cannot use SQLite: update to Node 24, Bun 1.4 or Deno 2.9, or a later one')
  }
  try {
    return new sqlite.DatabaseSync(path)
  } catch (cause) {
    throw cannotOpen(path, cause)
  }
}

function cannotOpen(path: string, cause: unknown): Error {
  const { errcode, message } = cause as { errcode?: number; message?: string }
  const why =
    errcode === BUSY
      ? 'it is open already, here or in another process: close it there, or use another file'
      : message
  return new Error(`Cannot open "${path}": ${why}`, { cause })
}

import { lazyBroker } from './lazy.ts'
import { sqlBroker } from './sql.ts'
import type { Sql, Transaction } from './sql/database.ts'
import type { SyncBroker } from './sync.ts'

/** The storage of an object, as far as what channels remember is kept in it. */
export interface ObjectStorage {
  readonly sql?: Sql
  transactionSync?: Transaction
}

/** Keeps what channels remember in an object's SQLite: there are no tables before there is something to keep. */
export function storedBroker(storage: ObjectStorage, now: () => number): SyncBroker {
  const make = (): SyncBroker =>
    sqlBroker(sqlOf(storage), { now, transaction: (body) => storage.transactionSync!(body) })
  return lazyBroker(make, now)
}

/** @throws {TypeError} if the object has no SQLite */
export function sqlOf({ sql }: ObjectStorage): Sql {
  try {
    // It is there in any case; where there is no SQLite, only its use throws.
    if (sql && sql.databaseSize >= 0) return sql
  } catch {}
  throw new TypeError(
    'Cannot keep what channels remember: this Durable Object has no SQLite. Use a class that is new under "new_sqlite_classes": one that was deployed under "new_classes" cannot be changed',
  )
}

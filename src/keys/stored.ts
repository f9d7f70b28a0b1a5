import type { Awaitable } from '../broker/port.ts'
import type { Sql } from '../broker/sql/database.ts'
import { type ObjectStorage, sqlOf } from '../broker/stored.ts'
import { memoryKeys } from './memory.ts'
import type { KeyStore, Keyed, Known } from './port.ts'
import { sqlKeys } from './sql.ts'

/**
 * Remembers in an object's SQLite; there is no table before there is something to remember. Without SQLite all is
 * forgotten whenever the object sleeps.
 */
export function storedKeys(storage: ObjectStorage, name: string, now: () => number): KeyStore {
  return new StoredKeys(storage, name, now)
}

class StoredKeys implements KeyStore {
  readonly #storage: ObjectStorage
  readonly #name: string
  readonly #now: () => number
  #made: KeyStore | undefined

  constructor(storage: ObjectStorage, name: string, now: () => number) {
    this.#storage = storage
    this.#name = name
    this.#now = now
  }

  get name(): string {
    return this.#made?.name ?? (this.#sql ? this.#name : this.#store.name)
  }

  get #sql(): Sql | undefined {
    try {
      return sqlOf(this.#storage)
    } catch {
      return undefined
    }
  }

  get #store(): KeyStore {
    return (this.#made ??= this.#make())
  }

  #make(): KeyStore {
    const sql = this.#sql
    return sql ? sqlKeys(sql, { name: this.#name, now: this.#now }) : memoryKeys()
  }

  take(request: Keyed, again?: string): Awaitable<Known | 'begun' | 'lost' | 'full'> {
    return this.#store.take(request, again)
  }

  keep(request: Keyed, outcome: string): Awaitable<void> {
    return this.#store.keep(request, outcome)
  }

  drop(request: Keyed): Awaitable<void> {
    return this.#store.drop(request)
  }
}

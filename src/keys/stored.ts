import { type ObjectStorage, sqlOf } from '../broker/stored.ts'
import type { Awaitable } from '../broker/port.ts'
import { memoryKeys } from './memory.ts'
import type { KeyStore, Keyed, Known } from './port.ts'
import { sqlKeys } from './sql.ts'

/** Remembers in an object's SQLite; there is no table before there is something to remember. */
export function storedKeys(storage: ObjectStorage, name: string, now: () => number): KeyStore {
  try {
    sqlOf(storage)
  } catch {
    // Without SQLite they are forgotten whenever the object sleeps.
    return memoryKeys()
  }
  return new LazyKeys(name, () => sqlKeys(sqlOf(storage), { name, now }))
}

class LazyKeys implements KeyStore {
  readonly name: string
  readonly #make: () => KeyStore
  #made: KeyStore | undefined

  constructor(name: string, make: () => KeyStore) {
    this.name = name
    this.#make = make
  }

  get #store(): KeyStore {
    return (this.#made ??= this.#make())
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

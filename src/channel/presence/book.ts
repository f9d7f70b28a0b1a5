import type { Entry } from './entry.ts'
import { Secrets } from './secrets.ts'

/** Who is on a channel, found by key, by connection and by secret. */
export class Book {
  readonly #keys = new Map<string, Entry>()
  readonly #connections = new Map<string, Entry>()
  readonly #secrets = new Secrets<Entry>()

  get size(): number {
    return this.#keys.size
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#keys.values()
  }

  get(key: string): Entry | undefined {
    return this.#keys.get(key)
  }

  of(connection: string): Entry | undefined {
    return this.#connections.get(connection)
  }

  provenBy(secret: string): Entry | undefined {
    return this.#secrets.find(secret)
  }

  add(entry: Entry): void {
    this.#keys.set(entry.key, entry)
    this.#connections.set(entry.connection, entry)
  }

  delete(entry: Entry): void {
    this.#keys.delete(entry.key)
    this.#forget(entry)
    for (const secret of entry.secrets) this.#secrets.delete(secret, entry)
  }

  /** It stands for another connection from now on. */
  move(entry: Entry, connection: string): void {
    this.#forget(entry)
    this.#connections.set(connection, entry)
    entry.connection = connection
  }

  /** It is proven by this secret from now on, and by the one that the client is known to have. */
  trust(entry: Entry, secret: string, known: string | undefined = entry.secrets[0]): void {
    if (entry.secrets[0] === secret) return
    for (const each of entry.secrets) this.#secrets.delete(each, entry)
    entry.secrets = known === undefined ? [secret] : [secret, known]
    for (const each of entry.secrets) this.#secrets.add(each, entry)
  }

  #forget(entry: Entry): void {
    if (this.of(entry.connection) === entry) this.#connections.delete(entry.connection)
  }
}

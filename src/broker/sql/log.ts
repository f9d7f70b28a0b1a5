import { bytesOf } from '../../protocol/codec.ts'
import type { Log } from '../page.ts'
import type { Draft, Keep, Publication } from '../port.ts'
import type { Sql } from './database.ts'

interface Entry {
  readonly offset: number
  readonly at: number
  /** Bytes of all that were published before. */
  readonly base: number
  readonly bytes: number
}

const ENTRY = 'SELECT offset, at, base, bytes FROM denwa_publications WHERE channel = ?'

/** The publications of a channel that are kept, in a table; what can be known without asking it is at hand. */
export class SqlLog implements Log {
  readonly #sql: Sql
  readonly #id: number
  /** Of the newest publication, kept or not. */
  top: number
  #first: number
  #oldestAt = Infinity
  /** Bytes published before the oldest that is kept, and until now. */
  #start = 0
  #end = 0

  constructor(sql: Sql, id: number, top: number) {
    this.#sql = sql
    this.#id = id
    const [oldest] = this.#entries(`${ENTRY} ORDER BY offset LIMIT 1`)
    const [newest] = this.#entries(`${ENTRY} ORDER BY offset DESC LIMIT 1`)
    this.top = Math.max(top, newest?.offset ?? 0)
    this.#end = newest ? newest.base + newest.bytes : 0
    this.#first = this.top + 1
    this.#begin(oldest)
  }

  get count(): number {
    return this.top + 1 - this.#first
  }

  append({ event, body }: Draft, at: number): void {
    const bytes = bytesOf(body)
    const entry = { offset: ++this.top, at, base: this.#end, bytes }
    this.#sql.exec(
      'INSERT INTO denwa_publications (channel, offset, at, base, bytes, event, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[this.#id, entry.offset, at, entry.base, bytes, event, body],
    )
    this.#end += bytes
    if (this.count === 1) this.#begin(entry)
  }

  /** Lets go what the bounds do not allow. */
  trim({ size, maxAgeMs, maxBytes }: Keep, now: number): void {
    const since = now - maxAgeMs
    const fits = this.count <= size && this.#end - this.#start <= maxBytes && this.#oldestAt > since
    if (!fits) this.#cut(this.top + 1 - size, this.#end - maxBytes, since)
  }

  /** Lets go so many of the oldest. */
  evict(count: number): void {
    if (this.count > 0) this.#cut(this.#first + count, 0, 0)
  }

  fitting(maxCount: number, maxBytes: number): number {
    const [found] = this.#sql
      .exec(
        'SELECT count(*) AS count FROM denwa_publications WHERE channel = ? AND offset > ? AND base >= ?',
        ...[this.#id, this.top - maxCount, this.#end - maxBytes],
      )
      .toArray() as { count: number }[]
    return found?.count ?? 0
  }

  newest(count: number): Publication[] {
    const rows = this.#sql
      .exec(
        'SELECT event, body, offset FROM denwa_publications WHERE channel = ? AND offset > ? ORDER BY offset',
        ...[this.#id, this.top - count],
      )
      .toArray() as Publication[]
    // Their prototype is not everywhere that of an object.
    return rows.map(({ event, body, offset }) => ({ event, body, offset }))
  }

  /** Keeps what comes at or after all three: of a later publication all are greater. */
  #cut(offset: number, base: number, since: number): void {
    const [oldest] = this.#entries(
      `${ENTRY} AND offset >= ? AND base >= ? AND at > ? ORDER BY offset LIMIT 1`,
      ...[Math.max(offset, this.#first), base, since],
    )
    this.#begin(oldest)
    this.#sql.exec(
      'DELETE FROM denwa_publications WHERE channel = ? AND offset < ?',
      ...[this.#id, this.#first],
    )
  }

  #begin(oldest: Entry | undefined): void {
    this.#first = oldest?.offset ?? this.top + 1
    this.#start = oldest?.base ?? this.#end
    this.#oldestAt = oldest?.at ?? Infinity
  }

  #entries(query: string, ...bindings: number[]): Entry[] {
    return this.#sql.exec(query, this.#id, ...bindings).toArray() as Entry[]
  }
}

import type { Sql } from './database.ts'
import { SqlLog } from './log.ts'

/** Of how long ago a channel was used is known this much: to know more would be a row with each use. */
export const USED_WITHIN_MS: number = 60 * 60 * 1000
/** Channels at hand, so that the tables need not be asked for them. */
const MAX_AT_HAND = 10_000

interface Row {
  readonly id: number
  readonly address: string
  readonly epoch: string
  readonly top: number
  readonly version: number
  readonly held: number
  readonly used: number
  readonly age: number
}

/** What a channel is beside its publications: a row, and what of it is at hand. */
export class SqlChannel {
  readonly #sql: Sql
  readonly #id: number
  readonly address: string
  readonly epoch: string
  readonly log: SqlLog
  version: number
  used: number
  /** How long what it holds may be kept at most. */
  age: number
  /** As they are written. */
  #held: boolean
  #top: number

  constructor(sql: Sql, row: Row) {
    this.#sql = sql
    this.#id = row.id
    this.address = row.address
    this.epoch = row.epoch
    this.version = row.version
    this.used = row.used
    this.age = row.age
    this.#held = row.held === 1
    this.#top = row.top
    this.log = new SqlLog(sql, row.id, row.top)
  }

  /** Writes what cannot be told from the publications, if it has changed. */
  touch(now: number, age: number = this.age): void {
    if (this.#isWritten() && age === this.age && now - this.used < USED_WITHIN_MS) return
    this.age = age
    this.used = now
    this.#write()
  }

  announced(version: number): void {
    this.version = version
    this.#sql.exec('UPDATE denwa_channels SET version = ? WHERE id = ?', version, this.#id)
  }

  /** Lets go so many of its oldest publications. */
  evict(count: number): void {
    this.log.evict(count)
    if (!this.#isWritten()) this.#write()
  }

  /** Forgets that it ever was; it holds nothing. */
  drop(): void {
    this.#sql.exec('DELETE FROM denwa_channels WHERE id = ?', this.#id)
  }

  /** While it holds publications, the newest of them tells its position. */
  #isWritten(): boolean {
    const held = this.log.count > 0
    return held === this.#held && (held || this.log.top === this.#top)
  }

  #write(): void {
    this.#held = this.log.count > 0
    this.#top = this.log.top
    this.#sql.exec(
      'UPDATE denwa_channels SET top = ?, held = ?, used = ?, age = ? WHERE id = ?',
      ...[this.#top, this.#held ? 1 : 0, this.used, this.age, this.#id],
    )
  }
}

/** The channels that are known. */
export class SqlChannels {
  readonly #sql: Sql
  readonly #epoch: () => string
  readonly #atHand = new Map<string, SqlChannel>()

  constructor(sql: Sql, epoch: () => string) {
    this.#sql = sql
    this.#epoch = epoch
  }

  find(address: string): SqlChannel | undefined {
    return (
      this.#atHand.get(address) ??
      this.#load('SELECT * FROM denwa_channels WHERE address = ?', address)
    )
  }

  /** With an epoch, if it has none yet. */
  open(address: string, now: number): SqlChannel {
    const known = this.find(address)
    if (known?.epoch) return known
    this.#atHand.delete(address)
    return this.#load(
      `INSERT INTO denwa_channels (address, epoch, top, version, held, used, age) VALUES (?, ?, 0, 0, 0, ?, 0)
      ON CONFLICT (address) DO UPDATE SET epoch = excluded.epoch RETURNING *`,
      ...[address, this.#epoch(), now],
    ) as SqlChannel
  }

  /** For what needs no history. */
  enter(address: string, now: number): SqlChannel {
    const known = this.find(address)
    if (known) return known
    return this.#load(
      `INSERT INTO denwa_channels (address, epoch, top, version, held, used, age) VALUES (?, '', 0, 0, 0, ?, 0) RETURNING *`,
      ...[address, now],
    ) as SqlChannel
  }

  /** Of those that hold publications, or of those that do not, the one that was used the longest ago. */
  oldest(held: boolean): SqlChannel | undefined {
    const [row] = this.#sql
      .exec(
        'SELECT address FROM denwa_channels WHERE held = ? ORDER BY used LIMIT 1',
        ...[held ? 1 : 0],
      )
      .toArray() as { address: string }[]
    return row && this.find(row.address)
  }

  /** When the last one was used, about. */
  lastUsed(): number {
    const newest = 'SELECT max(used) AS used FROM denwa_channels WHERE held ='
    const rows = this.#sql.exec(`${newest} 0 UNION ALL ${newest} 1`).toArray()
    return Math.max(...rows.map(({ used }: { used: number | null }) => used ?? 0))
  }

  drop(channel: SqlChannel): void {
    channel.drop()
    this.#atHand.delete(channel.address)
  }

  /** Asks the tables again: what is at hand may not be so. */
  forget(): void {
    this.#atHand.clear()
  }

  #load(query: string, ...bindings: (string | number)[]): SqlChannel | undefined {
    const [row] = this.#sql.exec(query, ...bindings).toArray() as Row[]
    if (!row) return undefined
    if (this.#atHand.size >= MAX_AT_HAND) this.#atHand.clear()
    const channel = new SqlChannel(this.#sql, row)
    this.#atHand.set(channel.address, channel)
    return channel
  }
}

/** Has every channel begin anew, though with what it holds. */
export function renewEpochs(sql: Sql): void {
  sql.exec("UPDATE denwa_channels SET epoch = lower(hex(randomblob(6))) WHERE epoch <> ''")
}

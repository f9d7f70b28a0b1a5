import type { Position } from './port.ts'
import type { Sql } from './sql/database.ts'

/** An object whose connections are on a channel. */
export interface Subscriber {
  readonly address: string
  readonly object: string
  /** What it has acknowledged; the epoch is empty on a channel without history. */
  readonly epoch: string
  readonly offset: number
  /** 1 if it knows who is there. */
  readonly seen: number
  /** Since when it does not answer; 0 if it does. */
  readonly failing: number
}

/** Who speaks for a member, and until when that is believed. */
export interface Owner {
  readonly address: string
  readonly key: string
  readonly object: string
  readonly until: number
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS denwa_subscribers (
    address TEXT NOT NULL,
    object TEXT NOT NULL,
    epoch TEXT NOT NULL,
    offset INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    failing INTEGER NOT NULL,
    PRIMARY KEY (address, object)
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS denwa_owners (
    address TEXT NOT NULL,
    key TEXT NOT NULL,
    object TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (address, key)
  ) WITHOUT ROWID`,
]

/** Whom an object of channels tells, in its tables: it knows them though it sleeps. */
export class Subscribers {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    for (const query of TABLES) sql.exec(query)
  }

  get(address: string, object: string): Subscriber | undefined {
    return this.#rows<Subscriber>(
      'SELECT * FROM denwa_subscribers WHERE address = ? AND object = ?',
      ...[address, object],
    )[0]
  }

  of(address: string): Subscriber[] {
    return this.#rows('SELECT * FROM denwa_subscribers WHERE address = ?', address)
  }

  all(): Subscriber[] {
    return this.#rows('SELECT * FROM denwa_subscribers')
  }

  add(address: string, object: string, [epoch, offset]: Position): void {
    this.#sql.exec(
      'INSERT INTO denwa_subscribers VALUES (?, ?, ?, ?, 1, 0)',
      ...[address, object, epoch, offset],
    )
  }

  delete(address: string, object: string): void {
    this.#sql.exec(
      'DELETE FROM denwa_subscribers WHERE address = ? AND object = ?',
      ...[address, object],
    )
  }

  acknowledged({ address, object }: Subscriber, [epoch, offset]: Position, seen: boolean): void {
    this.#sql.exec(
      'UPDATE denwa_subscribers SET epoch = ?, offset = ?, seen = ?, failing = 0 WHERE address = ? AND object = ?',
      ...[epoch, offset, seen ? 1 : 0, address, object],
    )
  }

  failed({ address, object }: Subscriber, since: number): void {
    this.#sql.exec(
      'UPDATE denwa_subscribers SET failing = ? WHERE address = ? AND object = ?',
      ...[since, address, object],
    )
  }

  /** All but one have to hear who is there. */
  outdate(address: string, except: string): void {
    this.#sql.exec(
      'UPDATE denwa_subscribers SET seen = 0 WHERE address = ? AND object <> ? AND seen = 1',
      ...[address, except],
    )
  }

  own({ address, key, object, until }: Owner): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO denwa_owners VALUES (?, ?, ?, ?)',
      ...[address, key, object, until],
    )
  }

  ownerOf(address: string, key: string): Owner | undefined {
    return this.#rows<Owner>(
      'SELECT * FROM denwa_owners WHERE address = ? AND key = ?',
      ...[address, key],
    )[0]
  }

  disown(address: string, key: string): void {
    this.#sql.exec('DELETE FROM denwa_owners WHERE address = ? AND key = ?', address, key)
  }

  owners(): Owner[] {
    return this.#rows('SELECT * FROM denwa_owners ORDER BY until')
  }

  #rows<T>(query: string, ...bindings: string[]): T[] {
    return this.#sql.exec(query, ...bindings).toArray() as T[]
  }
}

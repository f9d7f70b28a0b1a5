import type { Sql } from '../broker/sql/database.ts'
import { wallClock } from '../runtime/wall.ts'
import { KEEP_MS, type KeyLimits, type KeyStore, type Keyed, type Known } from './port.ts'
import { Room, sizeOf } from './room.ts'

/** Options of {@linkcode sqlKeys}. */
export interface SqlKeysOptions extends KeyLimits {
  /** Up to 12 letters, digits, `-` and `_`: another one whenever something of the database may be lost. */
  name: string
  /** Milliseconds since 1970. @default the clock on the wall as it was at the start, and what has passed since */
  now?: () => number
}

/** From one sweep to the next, at least, in milliseconds: each reads all there are. */
const SWEEP_MS = 10_000

/**
 * Remembers requests with a key in a table of SQLite, `denwa_keys`: it is written that one is begun before its
 * handler runs, so that it is not done twice though the process ends in the midst of it. Nobody else writes to
 * the table. Do not ask within a transaction of your own.
 *
 * @throws {RangeError} if a limit is not a positive whole number
 *
 * @example
 * ```ts
 * import type { Sql } from 'denwa/broker'
 * import { sqlKeys } from 'denwa/keys'
 *
 * export const keysOf = (sql: Sql) => sqlKeys(sql, { name: 'payments-1' })
 * ```
 */
export function sqlKeys(sql: Sql, options: SqlKeysOptions): KeyStore {
  return new SqlKeys(sql, options)
}

interface Row {
  readonly who: string
  readonly input: string
  readonly outcome: string | null
  readonly bytes: number
  readonly until: number
}

class SqlKeys implements KeyStore {
  readonly name: string
  readonly #sql: Sql
  readonly #now: () => number
  readonly #limits: KeyLimits
  #room: Room
  /** When the next sweep is due: none has to go before. */
  #sweepAt = Infinity

  constructor(sql: Sql, { name, now = wallClock(), ...limits }: SqlKeysOptions) {
    this.name = name
    this.#sql = sql
    this.#now = now
    this.#limits = limits
    sql.exec(`CREATE TABLE IF NOT EXISTS denwa_keys (
      name TEXT NOT NULL,
      who TEXT NOT NULL,
      input TEXT NOT NULL,
      outcome TEXT,
      bytes INTEGER NOT NULL,
      until INTEGER NOT NULL,
      PRIMARY KEY (name, who)
    ) WITHOUT ROWID`)
    this.#room = this.#sweep(now())
  }

  take(request: Keyed, again?: string): Known | 'begun' | 'lost' | 'full' {
    const { name, who } = request
    const now = this.#now()
    if (now >= this.#sweepAt) this.#room = this.#sweep(now)
    const rows = this.#rows('WHERE name = ? AND until > ?', name, now)
    const own = rows.find((row) => row.who === who)
    if (own) return { input: own.input, outcome: own.outcome ?? undefined }
    if (again !== undefined && (again !== this.name || rows.length > 0)) return 'lost'
    if (this.#room.isFull(who)) return 'full'
    this.#write(request, undefined)
    return 'begun'
  }

  keep(request: Keyed, outcome: string): void {
    this.#write(request, this.#room.admit(outcome))
  }

  drop(request: Keyed): void {
    const { name, who } = request
    this.#forget(request)
    this.#sql.exec('DELETE FROM denwa_keys WHERE name = ? AND who = ?', name, who)
  }

  /** It is not counted any more. */
  #forget({ name, who }: Keyed): void {
    const [known] = this.#rows('WHERE name = ? AND who = ?', name, who)
    if (known) this.#room.remove(who, known.bytes)
  }

  #write(request: Keyed, outcome: string | undefined): void {
    const { name, who, input } = request
    const bytes = sizeOf(request, outcome)
    const until = Math.ceil(this.#now()) + KEEP_MS
    this.#forget(request)
    this.#sql.exec(
      `INSERT OR REPLACE INTO denwa_keys (name, who, input, outcome, bytes, until)
      VALUES (?, ?, ?, ?, ?, ?)`,
      name,
      who,
      input,
      outcome ?? null,
      bytes,
      until,
    )
    this.#room.add(who, bytes)
    this.#sweepAt = Math.min(this.#sweepAt, until)
  }

  /** Deletes those whose time is over, and counts the others. */
  #sweep(now: number): Room {
    this.#sql.exec('DELETE FROM denwa_keys WHERE until <= ?', now)
    const room = new Room(this.#limits)
    const counted = this.#sql.exec(
      `SELECT who, COUNT(*) AS count, SUM(bytes) AS bytes, MIN(until) AS first
      FROM denwa_keys GROUP BY who`,
    )
    this.#sweepAt = Infinity
    for (const { who, count, bytes, first } of counted.toArray()) {
      room.add(who, bytes, count)
      this.#sweepAt = Math.min(this.#sweepAt, Math.max(first, now + SWEEP_MS))
    }
    return room
  }

  #rows(where: string, ...bindings: unknown[]): Row[] {
    const query = `SELECT who, input, outcome, bytes, until FROM denwa_keys ${where}`
    return this.#sql.exec(query, ...bindings).toArray() as Row[]
  }
}

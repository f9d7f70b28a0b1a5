import type { Member } from '../port.ts'
import type { Sql } from './database.ts'

interface Row {
  readonly key: string
  readonly meta: string
  readonly connection: string
  readonly secret: string | null
  readonly turn: number
  readonly until: number | null
}

const CHANGED = ['meta', 'connection', 'secret', 'turn', 'until']

/** Who is on which channel, in a table. */
export class SqlMembers {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  enter(channel: string, { key, meta, connection, secret, turn = 0, untilMs }: Member): void {
    this.#sql.exec(
      `INSERT INTO denwa_members (channel, key, meta, connection, secret, turn, until) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (channel, key) DO UPDATE SET ${CHANGED.map((name) => `${name} = excluded.${name}`).join(', ')}
      WHERE ${CHANGED.map((name) => `excluded.${name} IS NOT denwa_members.${name}`).join(' OR ')}`,
      ...[channel, key, meta, connection, secret ?? null, turn, untilMs ?? null],
    )
  }

  exit(channel: string, key: string): void {
    this.#sql.exec('DELETE FROM denwa_members WHERE channel = ? AND key = ?', channel, key)
  }

  /** In the order in which they entered. */
  of(channel: string): Member[] {
    const rows = this.#sql
      .exec('SELECT * FROM denwa_members WHERE channel = ? ORDER BY rowid', channel)
      .toArray() as Row[]
    return rows.map(({ key, meta, connection, secret, turn, until }) => ({
      key,
      meta,
      connection,
      ...(secret !== null && { secret }),
      ...(turn > 0 && { turn }),
      ...(until !== null && { untilMs: until }),
    }))
  }

  any(channel: string): boolean {
    return (
      this.#sql.exec('SELECT 1 FROM denwa_members WHERE channel = ? LIMIT 1', channel).toArray()
        .length > 0
    )
  }
}

import type { Member } from '../port.ts'
import type { Sql } from './database.ts'

interface Row {
  readonly key: string
  readonly meta: string
  readonly connection: string
  readonly secret: string | null
  readonly earlier: string | null
  readonly turn: number
  readonly since: number | null
  readonly until: number | null
}

const SAID = ['meta', 'connection', 'secret', 'earlier', 'turn', 'since', 'until']
const eachOf = (form: (name: string) => string, glue: string): string => SAID.map(form).join(glue)

/** A row that says the same is not written: each is paid for. */
const ENTER = `INSERT INTO denwa_members (channel, key, ${SAID.join()}) VALUES (?, ?${', ?'.repeat(SAID.length)})
  ON CONFLICT (channel, key) DO UPDATE SET ${eachOf((name) => `${name} = excluded.${name}`, ', ')}
  WHERE ${eachOf((name) => `excluded.${name} IS NOT denwa_members.${name}`, ' OR ')}`

/** Who is on which channel, in a table. */
export class SqlMembers {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  enter(channel: string, member: Member): void {
    const { key, meta, connection, secret, earlier, turn = 0, sinceMs, untilMs } = member
    const said = [meta, connection, secret, earlier, turn, sinceMs, untilMs]
    this.#sql.exec(ENTER, channel, key, ...said.map((value) => value ?? null))
  }

  exit(channel: string, key: string): void {
    this.#sql.exec('DELETE FROM denwa_members WHERE channel = ? AND key = ?', channel, key)
  }

  /** In the order in which they entered. */
  of(channel: string): Member[] {
    const rows = this.#sql
      .exec('SELECT * FROM denwa_members WHERE channel = ? ORDER BY rowid', channel)
      .toArray() as Row[]
    return rows.map(({ key, meta, connection, secret, earlier, turn, since, until }) => ({
      key,
      meta,
      connection,
      ...(secret !== null && { secret }),
      ...(earlier !== null && { earlier }),
      ...(turn > 0 && { turn }),
      ...(since !== null && { sinceMs: since }),
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

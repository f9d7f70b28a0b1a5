import type { Sql } from './database.ts'

/** How the tables are laid out; goes up by one with each step of `STEPS`. */
const STEPS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE denwa_channels (
      id INTEGER PRIMARY KEY,
      address TEXT NOT NULL UNIQUE,
      epoch TEXT NOT NULL,
      top INTEGER NOT NULL,
      version INTEGER NOT NULL,
      held INTEGER NOT NULL,
      used INTEGER NOT NULL,
      age INTEGER NOT NULL
    )`,
    'CREATE INDEX denwa_channels_used ON denwa_channels (held, used)',
    // A row that is written is paid for, and so is a row of an index: this table has none.
    `CREATE TABLE denwa_publications (
      channel INTEGER NOT NULL,
      offset INTEGER NOT NULL,
      at INTEGER NOT NULL,
      base INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      event TEXT NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (channel, offset)
    ) WITHOUT ROWID`,
    `CREATE TABLE denwa_members (
      channel TEXT NOT NULL,
      key TEXT NOT NULL,
      meta TEXT NOT NULL,
      connection TEXT NOT NULL,
      secret TEXT,
      turn INTEGER NOT NULL,
      until REAL,
      PRIMARY KEY (channel, key)
    )`,
  ],
  [
    'ALTER TABLE denwa_members ADD COLUMN earlier TEXT',
    'ALTER TABLE denwa_members ADD COLUMN since REAL',
  ],
]

/**
 * Brings the tables to the layout of this version.
 *
 * @throws {Error} if a later version has written them
 */
export function migrate(sql: Sql): void {
  makeInfo(sql)
  const version = Number(info(sql, 'version') ?? 0)
  if (version > STEPS.length) {
    throw new Error(
      `Cannot read tables of layout ${version}: this version of denwa knows ${STEPS.length}, use a later one`,
    )
  }
  if (version === STEPS.length) return
  for (const step of STEPS.slice(version)) for (const query of step) sql.exec(query)
  setInfo(sql, 'version', STEPS.length)
}

/** The table of what is said of the others. */
export function makeInfo(sql: Sql): void {
  sql.exec('CREATE TABLE IF NOT EXISTS denwa_info (name TEXT PRIMARY KEY, value) WITHOUT ROWID')
}

export function info(sql: Sql, name: string): unknown {
  return sql.exec('SELECT value FROM denwa_info WHERE name = ?', name).toArray()[0]?.value
}

export function setInfo(sql: Sql, name: string, value: string | number | null): void {
  sql.exec('INSERT OR REPLACE INTO denwa_info (name, value) VALUES (?, ?)', name, value)
}

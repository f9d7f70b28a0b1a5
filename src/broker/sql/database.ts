/** A database of SQLite, as a Durable Object has it: `ctx.storage.sql`. */
export interface Sql {
  /** Runs one statement. */
  exec(query: string, ...bindings: any[]): { toArray(): any[] }
  /** Bytes that it takes, without what is free in it. */
  readonly databaseSize: number
}

/** Runs `body` so that all of what it writes is kept, or nothing: `ctx.storage.transactionSync`. */
export type Transaction = <T>(body: () => T) => T

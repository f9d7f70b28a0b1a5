/**
 * Where what is published on channels is kept: in the memory of the process, or in SQL.
 *
 * @module
 */
export { type MemoryBrokerOptions, memoryBroker } from './broker/memory.ts'
export { type SqlBrokerOptions, sqlBroker } from './broker/sql.ts'
export type { Sql, Transaction } from './broker/sql/database.ts'
export type { SyncBroker } from './broker/sync.ts'
export type {
  Awaitable,
  Broker,
  Draft,
  Keep,
  Listener,
  Member,
  Members,
  Missing,
  Page,
  Position,
  Publication,
  Range,
} from './broker/port.ts'

/**
 * Where requests with a key are remembered, so that a client may repeat them: in the memory of the process, or in SQL.
 *
 * @module
 */
export { type MemoryKeysOptions, memoryKeys } from './keys/memory.ts'
export type { KeyLimits, KeyStore, Keyed, Known } from './keys/port.ts'
export { type SqlKeysOptions, sqlKeys } from './keys/sql.ts'

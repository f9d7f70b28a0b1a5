/**
 * Sockets in memory, for tests of an application.
 *
 * @module
 */
export { TestClock } from './clock.ts'
export { connect } from './connect.ts'
export type { ConnectOptions, TestSocket } from './connect.ts'

/**
 * Sockets in memory, for tests of an application.
 *
 * @module
 */
export { TestClock } from './clock.ts'
export { connect } from './connect.ts'
export type { ConnectOptions, TestSocket } from './connect.ts'
export { events } from './events.ts'
export type { EventsOptions } from './events.ts'

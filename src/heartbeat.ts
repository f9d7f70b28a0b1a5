/**
 * Policies for the life of a connection: Hono middleware that leaves a plan for it to follow.
 *
 * @module
 */
export { heartbeat } from './heartbeat/heartbeat.ts'
export type { HeartbeatOptions } from './heartbeat/heartbeat.ts'
export { idleTimeout } from './heartbeat/idle-timeout.ts'
export { maxAge } from './heartbeat/max-age.ts'
export type { MaxAgeOptions } from './heartbeat/max-age.ts'

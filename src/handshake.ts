/**
 * Policies for the handshake: Hono middleware that refuses before the upgrade.
 *
 * @module
 */
export { origin } from './handshake/origin.ts'
export type { OriginCheck, OriginOptions } from './handshake/origin.ts'
export { subprotocol } from './handshake/subprotocol.ts'

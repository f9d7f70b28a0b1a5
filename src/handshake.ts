/**
 * Policies for the handshake: Hono middleware that refuses before the upgrade.
 *
 * @module
 */
export { addressKey, clientAddress } from './handshake/address.ts'
export { capacity } from './handshake/capacity.ts'
export type { CapacityOptions } from './handshake/capacity.ts'
export { credential } from './handshake/credential.ts'
export type { CredentialOptions, Verified, VerifyContext } from './handshake/credential.ts'
export type { Source } from './handshake/credential/source.ts'
export { origin } from './handshake/origin.ts'
export type { OriginOptions } from './handshake/origin.ts'
export type { OriginCheck } from './handshake/origins.ts'
export type { Refuse } from './handshake/refuse.ts'
export { subprotocol } from './handshake/subprotocol.ts'
export { ticket } from './handshake/ticket.ts'
export type { TicketOptions } from './handshake/ticket.ts'
export { memoryTickets, tickets } from './handshake/tickets.ts'
export type {
  MemoryTicketsOptions,
  TicketDesk,
  TicketGrant,
  TicketStore,
  TicketsOptions,
} from './handshake/tickets.ts'

import type { Wire } from './wire.ts'

/** Where sockets of a network live: a process, or an object that sleeps. */
export interface Host {
  readonly name: string
  readonly alive: boolean
  /** A handshake has arrived. */
  take(wire: Wire): void
  publish(channel: string, data: object): Promise<unknown>
  revoke(channel: string, client: string): Promise<unknown>
  disconnect(client: string, code: number): Promise<unknown>
  /** Ends in the midst of things: so many promises after the next message, or at once. */
  kill(hops: number | undefined, silent: boolean): void
  /** Forgets all that is in memory, if it can. */
  sleep?(): void
  /** Ends as a deployment does. */
  drain(ms: number): Promise<unknown>
}

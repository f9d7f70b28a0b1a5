import type { RequestError } from './errors.ts'
import type { ChannelStatus, Membership } from './membership.ts'
import type { Presence } from './presence.ts'
import type { Position } from './subscription.ts'

/** A channel that one is on, or about to be. */
export class Channel {
  readonly #membership: Membership
  readonly #leave: () => Promise<void>

  constructor(membership: Membership, leave: () => Promise<void>) {
    this.#membership = membership
    this.#leave = leave
  }

  get address(): string {
    return this.#membership.address
  }

  get status(): ChannelStatus {
    return this.#membership.status
  }

  /** How far one has been told, on a channel with history: to be given as `since` in another life. */
  get position(): Position | undefined {
    return this.#membership.place.position
  }

  /** Who is there, where the server tells. */
  get presence(): Presence {
    return this.#membership.presence
  }

  /** Hears what is published under that name. The result ends it. */
  on(type: string, listener: (data: any) => void): () => void {
    return this.#membership.listeners.on(type, listener)
  }

  /** Raised once when what was missed cannot be told any more: load anew what the channel feeds. */
  onReset(listener: (reason: string) => void): () => void {
    return this.#membership.listeners.on('$reset', listener)
  }

  /** With `left` comes why, unless one has left by oneself. */
  onStatus(listener: (status: ChannelStatus, error?: RequestError) => void): () => void {
    return this.#membership.listeners.on('$status', listener)
  }

  /** Nothing is told any more. Resolves when the server knows too, or there is no connection. */
  leave(): Promise<void> {
    return this.#leave()
  }
}

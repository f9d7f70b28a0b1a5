import type { RequestError } from './errors.ts'
import type { Presence } from './presence.ts'
import type { Position } from './subscription.ts'

/** `joining`: or about to, when there is a connection. `left`: for good. */
export type ChannelStatus = 'joining' | 'joined' | 'left'

/** How a channel is joined. */
export interface JoinOptions {
  /** Goes on from there: a position that was kept, as over the reload of a page. */
  since?: Position | undefined
  /** Without a position: begins with up to that many of the newest publications. */
  last?: number
}

/** A channel that one is on, or about to be. */
export interface Channel {
  readonly address: string
  readonly status: ChannelStatus
  /** How far one has been told, on a channel with history: to be given as `since` in another life. */
  readonly position: Position | undefined
  /** Who is there, where the server tells. */
  readonly presence: Presence
  /** Hears what is published under that name. The result ends it. */
  on(type: string, listener: (data: any) => void): () => void
  /** Raised once when what was missed cannot be told any more: load anew what the channel feeds. */
  onReset(listener: (reason: string) => void): () => void
  /** With `left` comes why, unless one has left by oneself. */
  onStatus(listener: (status: ChannelStatus, error?: RequestError) => void): () => void
  /** Nothing is told any more. Resolves when the server knows too, or there is no connection. */
  leave(): Promise<void>
}

import type { Awaitable } from '../broker/port.ts'

/** How long a request is remembered after its end, in milliseconds. Clients repeat one for four minutes at most. */
export const KEEP_MS = 300_000

/** A request with a key. Name and user together tell it from all others. */
export interface Keyed {
  /** Route, type and key. */
  readonly name: string
  /** Whose it is; empty where nobody is known. */
  readonly who: string
  /** A digest of what was asked for. */
  readonly input: string
}

/** What a store has of a request. */
export interface Known {
  readonly input: string
  /** How it has ended; `undefined`: it was begun, and nobody can tell more. */
  readonly outcome: string | undefined
}

/** Where requests with a key are remembered, each for five minutes after its end. Whatever it holds is text. */
export interface KeyStore {
  /**
   * Up to 12 letters, digits, `-` and `_`. The same as long as nothing is lost: a store that may have lost
   * something has a new one.
   */
  readonly name: string
  /**
   * What is known of a request. Of one that is not, writes in the same step that it is begun. `again` is there if
   * it comes again: then it is `'lost'`, and nothing is written, if that is not the name of the store as it is in
   * this step, or if somebody else's request has the same name. `'full'`: it would have to be written, and there
   * is no room.
   */
  take(request: Keyed, again?: string): Awaitable<Known | 'begun' | 'lost' | 'full'>
  /** It has ended so. Where that is too much to keep it stays known as begun. */
  keep(request: Keyed, outcome: string): Awaitable<void>
  /** It had no effect: it is as if it had never been begun. */
  drop(request: Keyed): Awaitable<void>
}

/** Bounds of a store. */
export interface KeyLimits {
  /** Requests that are remembered; one more is refused with `overloaded`. @default {10000} */
  max?: number
  /** The same for one user, where users are known. @default {1000} */
  maxEach?: number
  /** What all of them take together, in bytes, about. @default {16777216}, 16 MiB */
  maxBytes?: number
}

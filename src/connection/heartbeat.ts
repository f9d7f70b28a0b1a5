import type { Follows, Transport } from '../runtime/port.ts'
import { TICK_MS } from './deadlines.ts'
import type { Follower } from './followers.ts'

/** When a peer is asked for a sign of life, and how long it may take to give one. */
export interface Beat {
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** The name under which a policy leaves a {@linkcode Beat} of its own. */
export const BEAT = 'heartbeat'

const DEFAULT: Beat = { intervalMs: 25_000, timeoutMs: 10_000 }

export function beatOf(follows: Follows | undefined): Beat {
  const own = follows?.[BEAT]
  if (!own) return DEFAULT
  const { intervalMs, timeoutMs } = { ...DEFAULT, ...own }
  return { intervalMs, timeoutMs: Math.min(timeoutMs, intervalMs) }
}

/** Pings of so many milliseconds leave together. */
const GROUP_MS = 500

/** What is watched. */
interface Watched {
  readonly transport: Transport
  /** Messages so far. */
  readonly heard: number
  silent(): void
}

/**
 * Pings a peer at regular intervals and ends the connection with one that gives no sign of life: any
 * bytes are one. From the last of them to the end are at most interval and timeout.
 */
export class Heartbeat implements Follower {
  readonly #c: Watched
  readonly #beat: Beat
  #at: number
  /** What had been heard when the peer was pinged; `undefined` when nothing is awaited. */
  #heard: number | undefined

  constructor(c: Watched, beat: Beat) {
    this.#c = c
    this.#beat = beat
    const { timers } = c.transport
    // Those who connect together are not pinged together.
    this.#at = this.#ahead(timers.now() + (beat.intervalMs * (1 + timers.random())) / 2)
  }

  tick(now: number): number {
    if (now < this.#at) return this.#at
    const { intervalMs, timeoutMs } = this.#beat
    const { transport, heard } = this.#c
    const sum = heard + (transport.heard ?? 0)
    if (this.#heard === undefined) {
      this.#heard = sum
      transport.ping?.()
      return (this.#at = now + timeoutMs)
    }
    if (this.#heard === sum) {
      this.#c.silent()
      return Infinity
    }
    this.#heard = undefined
    return (this.#at = this.#ahead(now + intervalMs - timeoutMs))
  }

  /** Not later, and together with others: pings that leave at once cost less, and so do their answers. */
  #ahead(at: number): number {
    const grain = Math.min(GROUP_MS, this.#beat.intervalMs / 10)
    return Math.floor((at - TICK_MS) / grain) * grain
  }
}

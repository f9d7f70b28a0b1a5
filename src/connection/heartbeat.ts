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

export const DEFAULT_BEAT: Beat = { intervalMs: 25_000, timeoutMs: 10_000 }

export function beatOf(follows: Follows | undefined): Beat {
  const own = follows?.[BEAT]
  if (!own) return DEFAULT_BEAT
  const { intervalMs, timeoutMs } = { ...DEFAULT_BEAT, ...own }
  return { intervalMs, timeoutMs: Math.min(timeoutMs, intervalMs) }
}

/** Pings of so many milliseconds leave together. */
const GROUP_MS = 500

/** A look that comes later than this shows that the process was held up, and not that a peer is silent. */
const LATE_MS = 2 * TICK_MS

/** What is watched. */
interface Watched {
  readonly transport: Transport
  /** Messages so far. */
  readonly heard: number
  silent(): void
}

/**
 * Pings a peer at regular intervals and ends the connection with one that gives no sign of life: any
 * bytes are one, and so is a queue that gets shorter. From the last of them to the end are at most
 * interval and timeout.
 */
export class Heartbeat implements Follower {
  readonly #c: Watched
  readonly #beat: Beat
  /** When to look next. */
  #at: number
  #pingedAt = 0
  /** What had been heard when the peer was pinged; `undefined` when nothing is awaited. */
  #heard: number | undefined
  /** What waited for it then. */
  #waited = 0
  #excused = false

  constructor(c: Watched, beat: Beat) {
    this.#c = c
    this.#beat = beat
    const { timers } = c.transport
    const now = timers.now()
    // Those who connect together are not pinged together, and nobody before all else.
    this.#at = Math.max(
      this.#ahead(now + (beat.intervalMs * (1 + timers.random())) / 2),
      now + TICK_MS,
    )
  }

  tick(now: number): number {
    if (now < this.#at) return this.#at
    const { transport, heard } = this.#c
    const sum = heard + (transport.heard ?? 0)
    const waiting = transport.bufferedAmount ?? 0
    if (this.#heard !== undefined) {
      if (this.#heard === sum && waiting >= this.#waited) {
        if (this.#excused || now - this.#at <= LATE_MS) {
          this.#c.silent()
          return Infinity
        }
        // What came in meanwhile is read first.
        this.#excused = true
        return (this.#at = now + TICK_MS)
      }
      this.#heard = undefined
      this.#at = this.#ahead(this.#pingedAt + this.#beat.intervalMs)
      if (now < this.#at) return this.#at
    }
    this.#pingedAt = now
    this.#heard = sum
    this.#waited = waiting
    this.#excused = false
    transport.ping?.()
    return (this.#at = now + this.#beat.timeoutMs)
  }

  /**
   * Not later, nor when the look that follows a ping comes a tick late. And together with others: pings
   * that leave at once cost less, and so do their answers.
   */
  #ahead(at: number): number {
    const grain = Math.min(GROUP_MS, this.#beat.intervalMs / 10)
    return Math.floor((at - 2 * TICK_MS) / grain) * grain
  }
}

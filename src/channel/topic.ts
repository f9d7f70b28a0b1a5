import type { Connection } from '../connection/connection.ts'
import { flushAll } from '../connection/outbox.ts'
import { MAX_FRAMES, MAX_JOINED_LENGTH, joinFrames } from '../protocol/frame.ts'
import type { Timers } from '../runtime/port.ts'
import { Audience, type OnSlow } from './audience.ts'
import { Lossy, type Told } from './lossy.ts'

/** A timer a turn is dearer than a few writes. */
const WORTH_JOINING = 8

/** What becomes of publications that a subscriber is too slow for. */
export type Slow = 'close' | 'drop' | 'latest' | 'gap'

/**
 * How a publication reaches those who are on a channel: encoded once. Publications of one turn leave
 * together, as one message to every subscriber that negotiated a subprotocol; where the end of a turn
 * is far off, the first goes ahead.
 */
export class Topic {
  /** Those who understand an array of frames, and those who do not. */
  readonly #joined: Audience
  readonly #plain: Audience
  /** All, on a channel that may lose publications. */
  readonly #lossy: Lossy | undefined
  #pending: Told[] = []
  #length = 0
  #busy = false
  #timers: Timers | undefined

  constructor(native: string, channel = '', slow: Slow = 'close', onSlow?: OnSlow) {
    this.#joined = new Audience(`${native}+`, onSlow)
    this.#plain = new Audience(`${native}-`, onSlow)
    if (slow === 'drop' || slow === 'latest') this.#lossy = new Lossy(channel, slow === 'latest')
  }

  get size(): number {
    return this.#lossy?.size ?? this.#joined.size + this.#plain.size
  }

  *[Symbol.iterator](): IterableIterator<Connection> {
    if (this.#lossy) yield* this.#lossy
    yield* this.#joined
    yield* this.#plain
  }

  add(c: Connection): void {
    this.flush()
    this.#timers = c.transport.timers
    this.#audienceOf(c).add(c)
  }

  delete(c: Connection): void {
    this.flush()
    this.#audienceOf(c).delete(c)
  }

  /** Whether the frame waits for {@linkcode flush}. */
  publish(frame: string, event = ''): boolean {
    const publication = { event, frame }
    const { joins = 'never', soon } = this.#timers ?? {}
    if (joins === 'never' || (joins === 'later' && this.size < WORTH_JOINING)) {
      this.#deliver([publication])
      return false
    }
    if (!this.#busy) {
      this.#busy = true
      soon?.(this.#endTurn)
      if (joins === 'later') {
        this.#deliver([publication])
        return false
      }
    }
    this.#length += frame.length
    if (this.#pending.push(publication) < MAX_FRAMES && this.#length <= MAX_JOINED_LENGTH) {
      return true
    }
    this.flush()
    return false
  }

  readonly #endTurn = (): void => {
    this.#busy = false
    this.flush()
  }

  flush(): void {
    if (this.#pending.length === 0) return
    const publications = this.#pending
    this.#pending = []
    this.#length = 0
    this.#deliver(publications)
  }

  #deliver(publications: readonly Told[]): void {
    flushAll()
    if (this.#lossy) {
      this.#lossy.send(publications)
      return
    }
    const frames = publications.map(({ frame }) => frame)
    this.#joined.send(joinFrames(frames))
    for (const frame of frames) this.#plain.send(frame)
  }

  #audienceOf(c: Connection): Audience | Lossy {
    return this.#lossy ?? (c.snapshot.protocol === '' ? this.#plain : this.#joined)
  }
}

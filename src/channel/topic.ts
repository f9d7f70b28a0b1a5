import type { Connection } from '../connection/connection.ts'
import { flushAll } from '../connection/outbox.ts'
import { MAX_FRAMES, joinFrames } from '../protocol/frame.ts'
import type { NativeTopics, Timers, Transport } from '../runtime/port.ts'

/** A timer a turn is dearer than a few writes. */
const WORTH_JOINING = 8

/**
 * Who is on a channel, and how a publication reaches them: encoded once, written by the runtime's own
 * topics where it has them. Publications of one turn leave together, as one message to every
 * subscriber that negotiated a subprotocol; where the end of a turn is far off, the first goes ahead.
 */
export class Topic {
  readonly #native: string
  /** Those who understand an array of frames, and those who do not. */
  readonly #joined = new Set<Connection>()
  readonly #plain = new Set<Connection>()
  /** Subscribers that the runtime serves, by its set of topics. */
  readonly #natives = new Map<NativeTopics, { joined: number; plain: number }>()
  #pending: string[] = []
  #busy = false
  #timers: Timers | undefined

  constructor(native: string) {
    this.#native = native
  }

  get empty(): boolean {
    return this.#size === 0 && this.#natives.size === 0
  }

  add(c: Connection): void {
    this.flush()
    const { transport } = c
    this.#timers = transport.timers
    if (!transport.topics) {
      this.#setOf(c).add(c)
      return
    }
    const count = this.#natives.get(transport.topics) ?? { joined: 0, plain: 0 }
    this.#natives.set(transport.topics, count)
    count[kindOf(c)]++
    transport.subscribe?.(this.#nativeOf(kindOf(c)))
  }

  delete(c: Connection): void {
    this.flush()
    const { transport } = c
    const count = transport.topics && this.#natives.get(transport.topics)
    if (!transport.topics || !count) {
      this.#setOf(c).delete(c)
      return
    }
    transport.unsubscribe?.(this.#nativeOf(kindOf(c)))
    if (--count[kindOf(c)] === 0 && count.joined + count.plain === 0) {
      this.#natives.delete(transport.topics)
    }
  }

  /** Whether the frame waits for {@linkcode flush}. */
  publish(frame: string): boolean {
    const { joins = 'never', soon } = this.#timers ?? {}
    if (joins === 'never' || (joins === 'later' && this.#size < WORTH_JOINING)) {
      this.#deliver([frame])
      return false
    }
    if (!this.#busy) {
      this.#busy = true
      soon?.(this.#endTurn)
      if (joins === 'later') {
        this.#deliver([frame])
        return false
      }
    }
    if (this.#pending.push(frame) < MAX_FRAMES) return true
    this.flush()
    return false
  }

  readonly #endTurn = (): void => {
    this.#busy = false
    this.flush()
  }

  get #size(): number {
    return this.#joined.size + this.#plain.size
  }

  flush(): void {
    if (this.#pending.length === 0) return
    const frames = this.#pending
    this.#pending = []
    this.#deliver(frames)
  }

  #deliver(frames: readonly string[]): void {
    flushAll()
    const joined = joinFrames(frames)
    for (const [topics, count] of this.#natives) {
      if (count.joined > 0) topics.publish(this.#nativeOf('joined'), joined)
      if (count.plain > 0)
        for (const frame of frames) topics.publish(this.#nativeOf('plain'), frame)
    }
    if (this.#joined.size > 0) sendAll(this.#joined, joined)
    if (this.#plain.size > 0) for (const frame of frames) sendAll(this.#plain, frame)
  }

  #setOf(c: Connection): Set<Connection> {
    return kindOf(c) === 'joined' ? this.#joined : this.#plain
  }

  #nativeOf(kind: 'joined' | 'plain'): string {
    return `${this.#native}${kind === 'joined' ? '+' : '-'}`
  }
}

function kindOf(c: Connection): 'joined' | 'plain' {
  return c.snapshot.protocol === '' ? 'plain' : 'joined'
}

function sendAll(members: ReadonlySet<Connection>, text: string): void {
  let prepare: Transport['prepare'] | undefined
  let prepared: unknown
  for (const { transport } of members) {
    if (transport.prepare !== prepare) {
      ;({ prepare } = transport)
      prepared = transport.prepare(text)
    }
    transport.sendPrepared(prepared)
  }
}

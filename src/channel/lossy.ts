import type { Connection } from '../connection/connection.ts'
import { Waiting, wheelOf } from '../connection/deadlines.ts'
import { emit, observed } from '../observe.ts'
import { joinFrames } from '../protocol/frame.ts'
import { BEHIND, waiting } from './audience.ts'

/** Who was behind has caught up when this part of what made it so is left. */
const CAUGHT_UP = 1 / 4
/** How often it is looked whether somebody has caught up, in milliseconds. */
const LOOK_MS = 100

/** What is published, as a frame. */
export interface Told {
  readonly event: string
  readonly frame: string
}

/** Subscribers who rather miss something than fall behind: of what they miss, the latest of each event may be kept. */
export class Lossy extends Waiting {
  readonly #channel: string
  readonly #keeps: boolean
  readonly #members = new Set<Connection>()
  /** Who is behind, and what is kept for them. */
  readonly #behind = new Map<Connection, Map<string, string>>()

  constructor(channel: string, keeps: boolean) {
    super()
    this.#channel = channel
    this.#keeps = keeps
  }

  get size(): number {
    return this.#members.size
  }

  add(c: Connection): void {
    this.#members.add(c)
  }

  delete(c: Connection): void {
    this.#members.delete(c)
    this.#behind.delete(c)
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#members[Symbol.iterator]()
  }

  send(publications: readonly Told[]): void {
    const frames = publications.map(({ frame }) => frame)
    const joined = joinFrames(frames)
    for (const c of this.#members) {
      if (this.#behind.has(c) || waiting(c) > BEHIND) this.#miss(c, publications)
      else deliver(c, frames, joined)
    }
  }

  #miss(c: Connection, publications: readonly Told[]): void {
    let kept = this.#behind.get(c)
    if (!kept) {
      this.#behind.set(c, (kept = new Map()))
      const { timers } = c.transport
      if (!this.waits) wheelOf(timers).set(this, timers.now() + LOOK_MS)
    }
    const had = kept.size
    for (const { event, frame } of this.#keeps ? publications : []) {
      // The later they were published, the later they are told.
      kept.delete(event)
      kept.set(event, frame)
    }
    const count = publications.length - (kept.size - had)
    if (count > 0 && observed.drop) {
      emit({ type: 'drop', ...c.labels, channel: this.#channel, count })
    }
  }

  expire(): void {
    let timers
    for (const [c, kept] of this.#behind) {
      if (waiting(c) > BEHIND * CAUGHT_UP) {
        timers = c.transport.timers
        continue
      }
      this.#behind.delete(c)
      const frames = [...kept.values()]
      if (frames.length > 0) deliver(c, frames, joinFrames(frames))
    }
    if (timers) wheelOf(timers).set(this, timers.now() + LOOK_MS)
  }
}

function deliver(c: Connection, frames: readonly string[], joined: string): void {
  if (c.snapshot.protocol !== '') c.push(joined)
  else for (const frame of frames) c.push(frame)
}

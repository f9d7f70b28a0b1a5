import { presenceFrame } from '../../protocol/presence-frames.ts'
import { Announcements, type PresenceHost } from './announcements.ts'
import { Book } from './book.ts'
import { Entry } from './entry.ts'
import { Line } from './line.ts'
import { type Diff, Roll } from './roll.ts'

/** Options of {@linkcode Presence}. */
export interface PresenceOptions {
  /** How many members clients are told of; of more than these they are told the count. @default {1000} */
  cap?: number
  /** Milliseconds from one frame to the next, at least. @default {250} */
  gapMs?: number
  /** Milliseconds that an entry outlives a connection which was lost. @default {15000} */
  graceMs?: number
}

/** Those who are on a channel, of this process and of others, and everybody who has to hear of it. */
export class Crowd {
  readonly local: boolean
  /** The broker knows the members of this process until they exit. */
  readonly remembers: boolean
  readonly book: Book = new Book()
  readonly roll: Roll
  /** Whose connection is lost. */
  readonly lingering: Line<Entry>
  readonly announcements: Announcements
  readonly #host: PresenceHost
  #own = 0

  constructor(address: string, host: PresenceHost, options: PresenceOptions) {
    const { cap = 1000, gapMs = 250, graceMs = 15_000 } = options
    const { timers, broker } = host
    const say = ({ version, joined, left, count }: Diff): void => {
      host.tell(presenceFrame(address, version, joined, left, count))
      this.announcements.said(version)
    }
    const wakeAt = host.wakeAt && ((at: number): void => host.wakeAt?.(at))
    this.local = broker.local
    this.remembers = broker.local || broker.remembers === true
    this.#host = host
    this.roll = new Roll(cap, gapMs, timers, say)
    this.lingering = new Line(timers, graceMs, (entry) => this.end(entry), wakeAt)
    this.announcements = new Announcements(address, host, (entry) => this.lingering.leftMs(entry))
  }

  /** Of a time by the timers' clock, the same by the broker's: all processes have that in common. */
  timeOf(at: number): number {
    const { timers, broker } = this.#host
    return Math.round(broker.now() - timers.now() + at)
  }

  /** Whether the client has given up a connection, accepted then, for the one that the entry stands for. */
  isGivenUp(since: number, entry: Entry): boolean {
    // What is to come proves that clocks differ, and nothing else.
    return since < entry.since && entry.since <= this.#host.broker.now()
  }

  add(key: string, connection: string, meta: string): Entry {
    const entry = new Entry(key, connection, meta)
    this.book.add(entry)
    this.roll.add(entry)
    return entry
  }

  /** Whether there was something else to say. */
  describe(entry: Entry, meta: string): boolean {
    if (entry.meta === meta) return false
    entry.meta = meta
    this.roll.change(entry)
    return true
  }

  /** The entry stands for another connection; what is still heard of the one before is late. */
  move(entry: Entry, connection: string): void {
    this.announcements.over(entry)
    this.book.move(entry, connection)
  }

  /** It is for this process to speak for it. */
  claim(entry: Entry): void {
    if (!entry.own) this.#own++
    entry.own = true
  }

  /** It is for another process to do so. */
  release(entry: Entry): void {
    if (entry.own) this.#own--
    entry.own = false
    this.announcements.release(entry)
  }

  announce(entry: Entry): void {
    this.claim(entry)
    this.announcements.enter(entry)
  }

  lose(entry: Entry): void {
    this.lingering.add(entry)
    this.announce(entry)
  }

  end(entry: Entry): void {
    this.book.delete(entry)
    this.lingering.delete(entry)
    this.roll.delete(entry)
    const isOurs = entry.own || this.local
    this.release(entry)
    if (isOurs) this.announcements.exit(entry)
    this.settle()
  }

  /** Nobody is here whom this process has to speak for. */
  get empty(): boolean {
    return (this.local ? this.book.size : this.#own) === 0
  }

  /** Says so if it is empty. */
  settle(): void {
    if (this.empty) this.#host.onEmpty?.()
  }

  stop(): void {
    this.roll.stop()
    this.lingering.stop()
    this.announcements.stop()
  }
}

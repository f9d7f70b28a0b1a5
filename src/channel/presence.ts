import type { Member, Members } from '../broker/port.ts'
import { withSelf } from '../protocol/presence-frames.ts'
import type { PresenceHost } from './presence/announcements.ts'
import { Crowd, type PresenceOptions } from './presence/crowd.ts'
import type { Entry } from './presence/entry.ts'
import { Others } from './presence/others.ts'

/**
 * Who is on one channel: an entry for each connection. Those whose connection is lost stay for a while, and
 * if the client comes back by then with its secret, nobody has noticed. Every change is told to everyone, as
 * part of a version; what a client is told when it comes is the version before.
 *
 * It may be forgotten when it is empty and nobody is on the channel, and is to be stopped before.
 */
export class Presence {
  readonly #crowd: Crowd
  readonly #others: Others
  readonly #lingers: boolean

  constructor(address: string, host: PresenceHost, options: PresenceOptions = {}) {
    this.#crowd = new Crowd(address, host, options)
    this.#others = new Others(address, host, this.#crowd)
    this.#lingers = options.graceMs !== 0
  }

  /** Nobody is here, and nobody is awaited, who came to this process. */
  get empty(): boolean {
    return this.#crowd.empty
  }

  get size(): number {
    return this.#crowd.book.size
  }

  /** What is said of each, encoded, whether clients have been told yet or not. */
  list(): string[] {
    return Array.from(this.#crowd.book, ({ meta }) => meta)
  }

  keyOf(connection: string): string | undefined {
    return this.#crowd.book.of(connection)?.key
  }

  /** What clients know, encoded; the connection learns which entry is its own. */
  state(connection?: string): string {
    const { state } = this.#crowd.roll
    const key = connection === undefined ? undefined : this.keyOf(connection)
    return key === undefined ? state : withSelf(state, key)
  }

  /**
   * Puts a connection on the channel, or changes what is said of it. The result is its key. `secret` proves
   * later to be the same client; by `resume`, an earlier one, it takes over its entry, whether the connection
   * that this stood for is known to be lost or not; unless this was accepted later, `at` being when, by the
   * clock of timers: then the client has given up the one that asks.
   */
  enter(connection: string, meta: string, secret?: string, resume?: string, at = 0): string {
    const { book, lingering } = this.#crowd
    const since = this.#crowd.timeOf(at)
    const proven = book.of(connection) ? undefined : this.#provenBy(resume)
    if (proven && this.#crowd.isGivenUp(since, proven)) return proven.key
    if (proven) {
      this.#crowd.move(proven, connection)
      proven.turn++
    }
    const entry =
      proven ?? book.of(connection) ?? this.#crowd.add(this.#freeKey(connection), connection, meta)
    entry.since = since
    if (secret !== undefined) book.trust(entry, secret, proven && resume)
    lingering.delete(entry)
    this.#crowd.describe(entry, meta)
    this.#crowd.announce(entry)
    return entry.key
  }

  /** Changes what is said of a connection, if it is on the channel. */
  update(connection: string, meta: string): void {
    const entry = this.#crowd.book.of(connection)
    if (entry && this.#crowd.describe(entry, meta)) this.#crowd.announce(entry)
  }

  /** The connection has ended. `abnormal`: it is lost, and the client may come back. */
  leave(connection: string, abnormal: boolean): void {
    const entry = this.#crowd.book.of(connection)
    if (!entry) return
    if (!abnormal || !this.#lingers) this.#crowd.end(entry)
    else if (!this.#crowd.lingering.has(entry)) this.#crowd.lose(entry)
  }

  /**
   * Learns who is here, in the order in which they entered: to be called once, before anything is said. Where
   * nobody else announces members, these are the ones that this process has forgotten: each is to be restored.
   */
  load(members: Members): void {
    this.#others.load(members)
  }

  /** A connection that was loaded is there still. */
  restore(connection: string, at = 0): void {
    const { book, lingering, remembers } = this.#crowd
    const entry = book.of(connection)
    if (!entry) return
    entry.since = this.#crowd.timeOf(at)
    const wasLost = lingering.delete(entry)
    if (wasLost || !remembers) this.#crowd.announce(entry)
    else this.#crowd.claim(entry)
  }

  /** All have been restored that are there still: the others are lost from now on. */
  settled(): void {
    const { book, lingering, local } = this.#crowd
    if (!local) return
    for (const entry of [...book]) {
      if (entry.own || lingering.has(entry)) continue
      if (this.#lingers) this.#crowd.lose(entry)
      else this.#crowd.end(entry)
    }
  }

  /** Ends those who were awaited for long enough. */
  tick(): void {
    this.#crowd.lingering.tick()
  }

  /** Another process has announced a member. */
  entered(member: Member): void {
    this.#others.entered(member)
  }

  /** Another process has ended a member. */
  exited(key: string): void {
    this.#others.exited(key)
  }

  stop(): void {
    this.#crowd.stop()
    this.#others.stop()
  }

  #provenBy(resume: string | undefined): Entry | undefined {
    return resume === undefined ? undefined : this.#crowd.book.provenBy(resume)
  }

  /** A connection whose entry was taken over may come again. */
  #freeKey(connection: string): string {
    let key = connection
    for (let n = 2; this.#crowd.book.get(key); n++) key = `${connection}~${n}`
    return key
  }
}

import type { Member, Members } from '../../broker/port.ts'
import type { PresenceHost } from './announcements.ts'
import type { Crowd } from './crowd.ts'
import type { Entry } from './entry.ts'
import { Reading } from './reading.ts'

/** Learns of members from elsewhere: from other processes, and from what this one knew before it forgot. */
export class Others {
  readonly #crowd: Crowd
  readonly #now: () => number
  readonly #reading: Reading | undefined
  /** What was heard last of each before it is known who is here: it is news to nobody until then. */
  #early: Map<string, Member | undefined> | undefined

  constructor(address: string, host: PresenceHost, crowd: Crowd) {
    this.#crowd = crowd
    this.#now = () => host.broker.now()
    if (!crowd.local) this.#early = new Map()
    if (!crowd.remembers) {
      this.#reading = new Reading(address, host, (members) => this.#reconcile(members))
    }
  }

  load({ version, members }: Members): void {
    const { roll, lingering } = this.#crowd
    const { isNew } = roll
    const early = this.#early ?? new Map<string, Member | undefined>()
    this.#early = undefined
    const lost: [Entry, number][] = []
    for (const member of members) {
      const isOver = early.has(member.key) && !early.get(member.key)
      const entry = !isOver && this.#isNews(member.key) && this.#adopt(member)
      const leftMs = this.#leftMs(member)
      if (entry && leftMs !== undefined) lost.push([entry, leftMs])
    }
    for (const [entry, leftMs] of lost.sort(([, a], [, b]) => a - b)) lingering.add(entry, leftMs)
    this.#reading?.done()
    if (isNew) roll.resume(version)
    for (const member of early.values()) if (member) this.entered(member)
  }

  entered(member: Member): void {
    if (this.#early) return void this.#early.set(member.key, member)
    this.#reading?.hear(member.key)
    this.#learn(member)
    this.#crowd.settle()
  }

  exited(key: string): void {
    if (this.#early) return void this.#early.set(key, undefined)
    this.#reading?.hear(key)
    const entry = this.#crowd.book.get(key)
    // It may have ended what this process has taken over meanwhile.
    if (entry?.own) this.#crowd.announce(entry)
    else if (entry) this.#crowd.end(entry)
  }

  stop(): void {
    this.#reading?.stop()
  }

  #learn(member: Member): void {
    const { book, lingering } = this.#crowd
    const leftMs = this.#leftMs(member)
    // Whom nobody knew need not be told of any more.
    if (leftMs !== undefined && leftMs <= 0 && !book.get(member.key)) return
    const entry = this.#adopt(member)
    if (!entry) return
    if (leftMs === undefined) lingering.delete(entry)
    else lingering.add(entry, leftMs)
  }

  /** What is said of a member elsewhere, unless this process knows better. */
  #adopt(member: Member): Entry | undefined {
    const { key, connection, meta, secret, earlier, turn = 0, sinceMs = -Infinity } = member
    const { book, announcements } = this.#crowd
    if (announcements.isLate(member) || book.of(connection)?.own) return undefined
    const entry = book.get(key) ?? this.#crowd.add(key, connection, meta)
    if (turn < entry.turn || (turn === entry.turn && this.#outdoes(entry, connection, sinceMs))) {
      // Who says so has not heard yet that the client has come back elsewhere.
      if (entry.own) this.#crowd.announce(entry)
      return undefined
    }
    entry.turn = turn
    if (entry.connection !== connection) {
      this.#crowd.release(entry)
      this.#crowd.move(entry, connection)
    }
    entry.since = sinceMs
    if (secret !== undefined) book.trust(entry, secret, earlier)
    this.#crowd.describe(entry, meta)
    return entry
  }

  /** Of two connections to which the client came back at once the later one is right, or just one. */
  #outdoes({ connection, since, own }: Entry, other: string, otherSince: number): boolean {
    if (connection === other) return false
    return since > otherSince || (since === otherSince && own && connection > other)
  }

  #reconcile(members: readonly Member[]): void {
    const { book, lingering } = this.#crowd
    const read = new Set<string>()
    for (const member of members) {
      read.add(member.key)
      if (this.#isNews(member.key)) this.#learn(member)
    }
    for (const entry of book) {
      if (read.has(entry.key) || !this.#isNews(entry.key)) continue
      if (entry.own) this.#crowd.announce(entry)
      // Its own process may yet say otherwise.
      else if (!lingering.has(entry)) lingering.add(entry)
    }
    this.#crowd.settle()
  }

  /** Nothing newer than what was read is known. */
  #isNews(key: string): boolean {
    return this.#reading?.isNews(key) ?? true
  }

  #leftMs({ untilMs }: Member): number | undefined {
    return untilMs === undefined ? undefined : untilMs - this.#now()
  }
}

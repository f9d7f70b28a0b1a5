/**
 * The port through which what is published on channels, what they remember and who is on them leave a
 * process. A store in the process answers at once; one beyond a network by promises, and it may fail, and
 * what it carries may be lost, come twice or in another order: whoever listens counts on nothing but `read`.
 */

/** A value, or a promise of one. */
export type Awaitable<T> = T | Promise<T>

/**
 * A place in the history of a channel. The epoch is a new random text whenever offsets may begin anew; the
 * offset counts publications from 1, and is 0 before the first.
 */
export type Position = readonly [epoch: string, offset: number]

/** What is to be published: encoded once, as `{"type":"said","data":{…}}`. */
export interface Draft {
  readonly event: string
  readonly body: string
}

/** What was published. */
export interface Publication extends Draft {
  /** 0 on a channel without history. */
  readonly offset: number
}

/** What a channel keeps: the newest publications that fit all three bounds. */
export interface Keep {
  readonly size: number
  readonly maxAgeMs: number
  readonly maxBytes: number
}

/** Which publications are asked for: those after a position, or the last so many; none if neither is given. */
export interface Range {
  readonly since?: Position
  readonly last?: number
  /** More than these are not given. */
  readonly maxCount: number
  readonly maxBytes: number
}

/** Why a history cannot be told from a position on. */
export type Missing = 'epoch' | 'evicted' | 'too_many'

/** What a channel holds, in one moment. */
export interface Page {
  /** Of the newest publication, whether it is kept still or not. */
  readonly position: Position
  /** All that was asked for, without a hole and up to `position`; or none, if some are missing. */
  readonly publications: readonly Publication[]
  /** Only where `since` was given. */
  readonly missing?: Missing
}

/** Who is on a channel: an entry for each connection. */
export interface Member {
  /** Of the entry: what others know it by. */
  readonly key: string
  /** What the server says of it, encoded. */
  readonly meta: string
  /** The connection it stands for. */
  readonly connection: string
  /** Proves to be the same client after a reconnect; never told to anybody else. */
  readonly secret?: string
  /** The secret before: the client may come back without having heard of the newest. */
  readonly earlier?: string
  /** When the connection was accepted, by the broker's own clock: who comes late on an older one is not there. */
  readonly sinceMs?: number
  /** How many connections it has stood for before: of two that speak for it, the later one is right. @default 0 */
  readonly turn?: number
  /** When it ends unless the client comes back, by the broker's own clock. */
  readonly untilMs?: number
}

/** Who is on a channel, and the number under which that was last announced, where a store keeps it. */
export interface Members {
  readonly version: number
  readonly members: readonly Member[]
}

/** Hears of a channel. No method throws. */
export interface Listener {
  /** `epoch` is empty on a channel without history. */
  published(publication: Publication, epoch: string): void
  /** Of members that another process has announced. */
  entered?(member: Member): void
  exited?(key: string): void
  /** By a broker that remembers, before anything is told: who is on the channel has all up to there. */
  resumed?(position: Position): void
}

/** Keeps and carries what happens on channels. Addresses are its keys. */
export interface Broker {
  /**
   * Nobody else publishes or announces: there is nothing to be missed, and what is not to be kept need not
   * come here.
   */
  readonly local: boolean
  /**
   * It knows who listens though the process sleeps and forgets, sees to it itself that everything arrives,
   * and keeps members until they exit: nothing is to be looked at or repeated by timers, which would keep
   * the process awake.
   */
  readonly remembers?: boolean
  /** Milliseconds, by the clock of `untilMs` and `sinceMs`: all processes have it in common. */
  now(): number
  /**
   * Appends, then tells every listener; what it returns is known to be kept. Without `keep` it only tells
   * them.
   *
   * @throws {SocketError} `unavailable` if it cannot
   */
  publish(channel: string, draft: Draft, keep?: Keep): Awaitable<Position | undefined>
  /** In one atomic step. A channel that is not known yet gets its epoch by this. */
  read(channel: string, range: Range, keep: Keep): Awaitable<Page>
  /**
   * The result ends it. What is published after this has settled is told, if nothing is lost. `again`, and at
   * once, where a broker remembers that the process has listened before it slept.
   */
  subscribe(channel: string, listener: Listener, again?: boolean): Awaitable<() => void>
  /** Announces a member of this process, or what has changed of it; in other processes it ends `ttlMs` after the last time. */
  enter(channel: string, member: Member, ttlMs: number): Awaitable<void>
  exit(channel: string, key: string): Awaitable<void>
  /** Who is on a channel, those of this process included. */
  members(channel: string): Awaitable<Members>
  /** Keeps the number of the last announcement, for a process that forgets it while clients do not. */
  announced?(channel: string, version: number): void
  close?(): Awaitable<void>
}

import { SocketError } from '../errors.ts'
import { wallClock } from '../runtime/wall.ts'
import { Audience } from './audience.ts'
import { pageOf } from './page.ts'
import type { Draft, Keep, Listener, Member, Members, Page, Position, Range } from './port.ts'
import { SqlChannels } from './sql/channels.ts'
import type { Sql, Transaction } from './sql/database.ts'
import { SqlMembers } from './sql/members.ts'
import { migrate } from './sql/schema.ts'
import { sweep } from './sql/sweep.ts'
import { type SyncBroker, checkLimit, randomEpoch } from './sync.ts'

/** Options of {@linkcode sqlBroker}. */
export interface SqlBrokerOptions {
  /** Runs a function so that all of what it writes is kept, or nothing: `ctx.storage.transactionSync`. */
  transaction: Transaction
  /**
   * Bytes that the database may take: beyond them the oldest publications go, of channels that were not
   * used for long before others. Whatever else is in the database counts.
   *
   * @default {1073741824}, 1 GiB
   */
  maxBytes?: number
  /** Milliseconds since 1970, which never go backwards. @default the clock on the wall as it was at the start, and what has passed since */
  now?: () => number
  /** A new text for each channel that begins. @default 48 random bits */
  epoch?: () => string
}

/** Uses between two sweeps. */
const SWEEP_EVERY = 64
/** When a client may ask again for what could not be kept or read. */
const RETRY_AFTER_MS = 1000

/**
 * Keeps what is published, positions and members in tables of SQLite whose names begin with `denwa_`: what
 * is kept outlives the process. Nobody else writes to them. Do not publish within a transaction of your
 * own: if that is undone, others have heard what is not there.
 *
 * @throws {RangeError} if a limit is not a positive whole number
 * @throws {Error} if a later version has written the tables
 *
 * @example
 * ```ts
 * import { type Sql, type Transaction, sqlBroker } from 'denwa/broker'
 *
 * export function brokerOf(storage: { sql: Sql; transactionSync: Transaction }) {
 *   return sqlBroker(storage.sql, { transaction: (body) => storage.transactionSync(body) })
 * }
 * ```
 */
export function sqlBroker(sql: Sql, options: SqlBrokerOptions): SyncBroker {
  return new SqlBroker(sql, options)
}

class SqlBroker implements SyncBroker {
  readonly local = true
  readonly now: () => number
  readonly #sql: Sql
  readonly #transaction: Transaction
  readonly #maxBytes: number
  readonly #channels: SqlChannels
  readonly #members: SqlMembers
  readonly #audiences = new Map<string, Audience>()
  #uses = 0

  constructor(sql: Sql, options: SqlBrokerOptions) {
    const { transaction, maxBytes = 1024 ** 3, now = wallClock(), epoch = randomEpoch } = options
    this.#sql = sql
    this.#transaction = transaction
    this.#maxBytes = checkLimit('maxBytes', maxBytes)
    transaction(() => migrate(sql))
    this.#channels = new SqlChannels(sql, epoch)
    this.#members = new SqlMembers(sql)
    // What was written at a time that is yet to come was written by a clock that has been set back.
    const behind = Math.max(0, this.#channels.lastUsed() - now())
    this.now = () => Math.floor(now() + behind)
  }

  publish(name: string, draft: Draft, keep?: Keep): Position | undefined {
    const { event, body } = draft
    if (!keep) {
      this.#audiences.get(name)?.tell({ event, body, offset: 0 }, '')
      return undefined
    }
    const position = this.#use((now): Position => {
      const channel = this.#channels.open(name, now)
      channel.log.append(draft, now)
      channel.log.trim(keep, now)
      channel.touch(now, keep.maxAgeMs)
      return [channel.epoch, channel.log.top]
    })
    const [epoch, offset] = position
    this.#audiences.get(name)?.tell({ event, body, offset }, epoch)
    return position
  }

  read(name: string, range: Range, keep: Keep): Page {
    return this.#use((now) => {
      const channel = this.#channels.open(name, now)
      channel.log.trim(keep, now)
      channel.touch(now, keep.maxAgeMs)
      return pageOf([channel.epoch, channel.log.top], channel.log, range)
    })
  }

  subscribe(name: string, listener: Listener): () => void {
    const known = this.#audiences.get(name)
    const audience = known ?? new Audience()
    if (!known) this.#audiences.set(name, audience)
    return audience.add(listener, () => {
      if (audience.size === 0) this.#audiences.delete(name)
    })
  }

  enter(channel: string, member: Member): void {
    this.#use(() => this.#members.enter(channel, member))
  }

  exit(channel: string, key: string): void {
    this.#use(() => this.#members.exit(channel, key))
  }

  members(name: string): Members {
    return this.#attempt(() => ({
      version: this.#channels.find(name)?.version ?? 0,
      members: this.#members.of(name),
    }))
  }

  announced(name: string, version: number): void {
    this.#use((now) => this.#channels.enter(name, now).announced(version))
  }

  close(): void {}

  /** In one transaction; from time to time it sweeps, too. */
  #use<T>(body: (now: number) => T): T {
    return this.#attempt(() => {
      const now = this.now()
      const result = body(now)
      if (++this.#uses % SWEEP_EVERY === 0) {
        sweep(this.#sql, this.#channels, now, {
          maxBytes: this.#maxBytes,
          inUse: (address) => this.#audiences.has(address) || this.#members.any(address),
        })
      }
      return result
    })
  }

  #attempt<T>(body: () => T): T {
    try {
      return this.#transaction(body)
    } catch (cause) {
      this.#channels.forget()
      throw new SocketError('unavailable', 'the history is out of reach', {
        retryAfterMs: RETRY_AFTER_MS,
        cause,
      })
    }
  }
}

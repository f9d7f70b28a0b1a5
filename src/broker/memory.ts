import { bytesOf } from '../protocol/codec.ts'
import { systemTimers } from '../runtime/timers.ts'
import { Audience } from './audience.ts'
import { Order, Place } from './order.ts'
import type { Draft, Keep, Listener, Member, Members, Page, Position, Range } from './port.ts'
import { pageOf } from './page.ts'
import { Ring } from './ring.ts'
import { Roster } from './roster.ts'
import { type SyncBroker, checkLimit, randomEpoch } from './sync.ts'

/** Options of {@linkcode memoryBroker}. */
export interface MemoryBrokerOptions {
  /** Bytes that the publications of all channels may take together. @default {67108864}, 64 MiB */
  maxBytes?: number
  /** Channels whose position is remembered though nobody listens to them. @default {100000} */
  maxChannels?: number
  /** Milliseconds that never go backwards. @default the time of the system */
  now?: () => number
  /** A new text for each channel that begins. @default 48 random bits */
  epoch?: () => string
}

/** How long a position is remembered when nobody has used its channel and nothing of it is kept. */
const FORGET_AFTER_MS = 24 * 60 * 60 * 1000
/** What a publication takes beside its text, about. */
const OVERHEAD_BYTES = 128

const FOREVER: Keep = { size: Infinity, maxAgeMs: Infinity, maxBytes: Infinity }

class Channel {
  readonly name: string
  /** Absent while nobody listens: most channels wait for somebody to come back. */
  audience: Audience | undefined
  /** Empty until there is a history. */
  epoch = ''
  top = 0
  ring: Ring | undefined
  keep: Keep = FOREVER
  usedAt = 0
  /** Among those that hold publications, and among those that nobody listens to. */
  published: Place<Channel> | undefined
  readonly idle: Place<Channel> = new Place<Channel>(this)

  constructor(name: string) {
    this.name = name
  }
}

/**
 * Keeps what is published in the memory of this process, and tells it there before `publish` returns. What
 * it holds is bounded: of the channels that were published to the longest ago, the oldest goes first.
 *
 * @throws {RangeError} if a limit is not a positive whole number
 *
 * @example
 * ```ts
 * import { memoryBroker } from 'denwa/broker'
 *
 * export const broker = memoryBroker({ maxBytes: 16 * 1024 * 1024 })
 * ```
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): SyncBroker {
  return new MemoryBroker(options)
}

class MemoryBroker implements SyncBroker {
  readonly local = true
  readonly now: () => number
  readonly #epoch: () => string
  readonly #maxBytes: number
  readonly #maxChannels: number
  readonly #channels = new Map<string, Channel>()
  readonly #published = new Order<Channel>()
  readonly #idle = new Order<Channel>()
  readonly #roster = new Roster()
  #bytes = 0

  constructor(options: MemoryBrokerOptions) {
    const { maxBytes = 64 * 1024 * 1024, maxChannels = 100_000 } = options
    this.now = options.now ?? systemTimers.now
    this.#epoch = options.epoch ?? randomEpoch
    this.#maxBytes = checkLimit('maxBytes', maxBytes)
    this.#maxChannels = checkLimit('maxChannels', maxChannels)
  }

  publish(name: string, { event, body }: Draft, keep?: Keep): Position | undefined {
    if (!keep) {
      this.#channels.get(name)?.audience?.tell({ event, body, offset: 0 }, '')
      return undefined
    }
    const now = this.now()
    const channel = this.#history(name, keep, now)
    const { epoch } = channel
    const offset = ++channel.top
    const publication = { event, body, offset }
    channel.ring ??= new Ring()
    channel.published ??= new Place(channel)
    this.#published.touch(channel.published)
    const bytes = bytesOf(body)
    this.#bytes += bytes + OVERHEAD_BYTES
    channel.ring.push(publication, now, bytes)
    this.#trim(channel, now)
    this.#bound()
    this.#forget(now)
    channel.audience?.tell(publication, epoch)
    return [epoch, offset]
  }

  read(name: string, range: Range, keep: Keep): Page {
    const now = this.now()
    const channel = this.#history(name, keep, now)
    this.#trim(channel, now)
    this.#forget(now)
    return pageOf([channel.epoch, channel.top], channel.ring, range)
  }

  subscribe(name: string, listener: Listener): () => void {
    const channel = this.#channel(name)
    this.#idle.delete(channel.idle)
    const audience = (channel.audience ??= new Audience())
    return audience.add(listener, () => {
      if (audience.size > 0) return
      channel.audience = undefined
      if (!channel.epoch) return void this.#channels.delete(name)
      const now = this.now()
      this.#use(channel, now)
      this.#forget(now)
    })
  }

  enter(channel: string, member: Member): void {
    this.#roster.enter(channel, member)
  }

  exit(channel: string, key: string): void {
    this.#roster.exit(channel, key)
  }

  members(channel: string): Members {
    return { version: 0, members: this.#roster.of(channel) }
  }

  close(): void {}

  #channel(name: string): Channel {
    const known = this.#channels.get(name)
    if (known) return known
    const channel = new Channel(name)
    this.#channels.set(name, channel)
    return channel
  }

  #history(name: string, keep: Keep, now: number): Channel {
    const channel = this.#channel(name)
    channel.epoch ||= this.#epoch()
    channel.keep = keep
    this.#use(channel, now)
    return channel
  }

  #use(channel: Channel, now: number): void {
    if (channel.audience) return
    channel.usedAt = now
    this.#idle.touch(channel.idle)
  }

  /** Lets go what the channel's own bounds do not allow. */
  #trim(channel: Channel, now: number): void {
    const { ring, keep } = channel
    if (!ring) return
    const since = now - keep.maxAgeMs
    while (ring.count > keep.size || ring.bytes > keep.maxBytes || ring.oldestAt <= since) {
      this.#evict(channel, ring)
    }
  }

  /** Lets go what all channels hold beyond what they may hold together. */
  #bound(): void {
    while (this.#bytes > this.#maxBytes) {
      const channel = this.#published.oldest as Channel
      this.#evict(channel, channel.ring as Ring)
    }
  }

  #evict(channel: Channel, ring: Ring): void {
    this.#bytes -= ring.shift() + OVERHEAD_BYTES
    if (ring.count > 0) return
    channel.ring = undefined
    if (channel.published) this.#published.delete(channel.published)
    channel.published = undefined
  }

  /** A step of it with every use: what nobody asks for any more does not stay for that. */
  #forget(now: number): void {
    const stale = this.#published.oldest
    if (stale) this.#trim(stale, now)
    const idle = this.#idle.oldest
    if (!idle) return
    const unused = idle.usedAt <= now - FORGET_AFTER_MS
    if (unused && idle.ring) this.#use(idle, now)
    else if (unused || this.#idle.size > this.#maxChannels) this.#drop(idle)
  }

  #drop(channel: Channel): void {
    while (channel.ring) this.#evict(channel, channel.ring)
    this.#idle.delete(channel.idle)
    this.#channels.delete(channel.name)
  }
}

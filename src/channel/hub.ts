import type { Connection } from '../connection/connection.ts'
import type { Lifecycle } from '../connection/lifecycle.ts'
import type { ChannelPort } from '../connection/routes.ts'
import { SocketError } from '../errors.ts'
import { emit, observed } from '../observe.ts'
import { CloseCode, isSendableCloseCode, unsendable } from '../protocol/close-codes.ts'
import { bytesOf } from '../protocol/codec.ts'
import { joinedFrame, leftFrame } from '../protocol/frame.ts'
import {
  type Carry,
  type ChannelRoutes,
  type Command,
  Handle,
  channelAt,
  channelOf,
} from './channel.ts'
import { Topic } from './topic.ts'
import { type Who, fits } from './who.ts'

/** Channels one connection may be on. */
export const MAX_CHANNELS = 100

let hubs = 0

/** The channels of one socket route in one process, or in one Durable Object. */
export class Hub implements ChannelPort {
  readonly live: Set<Lifecycle> = new Set()
  readonly #routes: ChannelRoutes
  readonly #topics = new Map<string, Topic>()
  readonly #waiting = new Set<Topic>()
  /** Why there are no channels here. */
  closed: string | undefined
  /** Brings back connections that sleep, before anything is said to them. */
  wake: (() => void) | undefined
  /** Runtime topics are shared by all routes of a server: this tells ours apart. */
  readonly #prefix = `${hubs++}:`

  constructor(routes: ChannelRoutes) {
    this.#routes = routes
  }

  // async: what is wrong with the arguments rejects, as everything else about joining does
  async join(c: Connection, name: string, params: object): Promise<Handle> {
    const address = channelOf(this.#routes, name).pattern.address(params)
    if (this.add(c, address)) c.write(joinedFrame(address))
    return Object.assign(this.channel(name, params), {
      leave: async () => {
        if (this.remove(c, address)) c.write(leftFrame(address, 'left'))
      },
    })
  }

  /** The channel to publish to, by another way than this hub if one is given. */
  channel(name: string, params: object, carry: Carry = this.carry): Handle {
    if (this.closed !== undefined && carry === this.carry) throw new TypeError(this.closed)
    const channel = channelOf(this.#routes, name)
    return new Handle(channel, channel.pattern.address(params), carry)
  }

  /** Whether the connection was not on that channel before. */
  add(c: Connection, address: string): boolean {
    const { channels } = c.snapshot
    if (this.closed !== undefined) throw new TypeError(this.closed)
    if (c.closed || channels.includes(address)) return false
    if (channels.length >= MAX_CHANNELS) {
      throw new SocketError('overloaded', `at most ${MAX_CHANNELS} channels a connection`)
    }
    channels.push(address)
    try {
      c.persist()
    } catch (error) {
      channels.pop()
      throw error
    }
    this.#topic(address).add(c)
    return true
  }

  /** Whether the connection was on that channel. */
  remove(c: Connection, address: string): boolean {
    const index = c.snapshot.channels.indexOf(address)
    if (index < 0) return false
    c.snapshot.channels.splice(index, 1)
    c.persist()
    this.#drop(c, address)
    return true
  }

  /** Puts a connection that woke from hibernation where it was. */
  restore(c: Connection): void {
    for (const address of c.snapshot.channels) this.#topic(address).add(c)
  }

  leaveAll(c: Connection): void {
    for (const address of c.snapshot.channels.splice(0)) this.#drop(c, address)
  }

  publish(address: string, event: string, frame: string): void {
    this.wake?.()
    const topic = this.#topics.get(address)
    if (observed.published) {
      const channel = channelAt(this.#routes, address)?.pattern.name ?? ''
      const count = topic?.size ?? 0
      emit({ type: 'published', channel, event, count, sizeBytes: bytesOf(frame) })
    }
    if (topic?.publish(frame, event)) this.#waiting.add(topic)
  }

  flush(): void {
    if (this.#waiting.size === 0) return
    for (const topic of this.#waiting) topic.flush()
    this.#waiting.clear()
  }

  /** @throws {RangeError} if some runtime could not send the code */
  disconnect(
    who: Who = {},
    { code = CloseCode.kicked, reason = 'disconnected' }: { code?: number; reason?: string } = {},
    carry: Carry = this.carry,
  ): Promise<number> {
    if (!isSendableCloseCode(code)) throw unsendable(code)
    if (this.closed !== undefined && carry === this.carry) throw new TypeError(this.closed)
    return carry({ do: 'disconnect', who, code, reason })
  }

  /** Does it here. */
  readonly carry = (command: Command): Promise<any> => {
    if (command.do !== 'publish') return Promise.resolve(this.#among(command))
    this.publish(command.address, command.event, command.frame)
    return PUBLISHED
  }

  #among(command: Exclude<Command, { do: 'publish' }>): number {
    this.wake?.()
    let met = 0
    for (const each of this.live) {
      const c = each as Connection
      if (c.closed || !fits(c, command.who)) continue
      if (command.do === 'disconnect') c.close(command.code, command.reason)
      else if (this.remove(c, command.address)) c.write(leftFrame(command.address, 'revoked'))
      else continue
      met++
    }
    return met
  }

  #topic(address: string): Topic {
    const known = this.#topics.get(address)
    if (known) return known
    const { pattern, slow } = channelAt(this.#routes, address) ?? {}
    const topic = new Topic(this.#prefix + address, pattern?.name, slow)
    this.#topics.set(address, topic)
    return topic
  }

  #drop(c: Connection, address: string): void {
    const topic = this.#topics.get(address)
    topic?.delete(c)
    if (topic?.size === 0) this.#topics.delete(address)
  }
}

const PUBLISHED = Promise.resolve()

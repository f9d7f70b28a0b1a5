import type { Awaitable, Broker, Keep, Members } from '../broker/port.ts'
import { isThenable } from '../connection/compose.ts'
import type { Connection } from '../connection/connection.ts'
import { within } from '../connection/deadlines.ts'
import type { Lifecycle } from '../connection/lifecycle.ts'
import type { ChannelPort } from '../connection/routes.ts'
import { SocketError } from '../errors.ts'
import { emit, observed } from '../observe.ts'
import { CloseCode, isSendableCloseCode, unsendable } from '../protocol/close-codes.ts'
import { bytesOf } from '../protocol/codec.ts'
import { leftFrame } from '../protocol/frame.ts'
import { Encoded, headOf, itemOf, joinedFrame, publicationFrame } from '../protocol/publication.ts'
import { MAX_QUEUE_BYTES } from '../runtime/port.ts'
import {
  type Carry,
  type ChannelRoute,
  type ChannelRoutes,
  type Command,
  Handle,
  channelAt,
  channelOf,
} from './channel.ts'
import type { Circle } from './circle.ts'
import { type Circles, circlesOf } from './circles.ts'
import { among } from './among.ts'
import { type Ask, type Recovery, after } from './feed.ts'
import { saidOf } from './said.ts'
import type { Who } from './who.ts'

/** Channels one connection may be on. */
export const MAX_CHANNELS = 100

/** The channels of one socket route in one process, or in one Durable Object. */
export class Hub implements ChannelPort {
  readonly live: Set<Lifecycle> = new Set()
  readonly features: readonly string[]
  readonly #routes: ChannelRoutes
  readonly #circles: Circles
  /** Why there are no channels here. */
  closed: string | undefined
  /** Revokes where a channel has more connections than those here. */
  outward: ((command: Extract<Command, { do: 'revoke' }>) => Promise<number>) | undefined

  constructor(routes: ChannelRoutes, broker: Broker) {
    this.#routes = routes
    const all = [...routes.values()]
    this.features = [
      ...(all.some(({ keep }) => keep) ? ['recover'] : []),
      ...(all.some(({ presence }) => presence) ? ['presence'] : []),
    ]
    this.#circles = circlesOf(broker)
  }

  /** Brings back connections that sleep, before anything is said to them. */
  get wake(): (() => void) | undefined {
    return this.#circles.wake
  }

  set wake(wake: (() => void) | undefined) {
    this.#circles.wake = wake
  }

  // async: what is wrong with the arguments rejects, as everything else about joining does
  async join(c: Connection, name: string, params: object, ask: Ask = {}): Promise<Handle> {
    const route = channelOf(this.#routes, name)
    const address = route.pattern.address(params)
    if (!c.snapshot.channels.includes(address)) {
      const enter = this.prepare(c, address, params as Record<string, string>, ask)
      const welcome = (isThenable(enter) ? await enter : enter)()
      if (!c.closed) c.write(joinedFrame(address, welcome))
    }
    const handle = this.channel(name, params)
    return Object.assign(handle, {
      leave: async () => {
        if (this.remove(c, address)) c.write(leftFrame(address, 'left'))
      },
      presence: {
        ...handle.presence,
        track: (meta: unknown) => this.#track(c, address, meta),
      },
    })
  }

  /** The channel to publish to, by another way than this hub if one is given. */
  channel(name: string, params: object, carry: Carry = this.carry): Handle {
    if (this.closed !== undefined && carry === this.carry) throw new TypeError(this.closed)
    const channel = channelOf(this.#routes, name)
    return new Handle(channel, channel.pattern.address(params), carry)
  }

  /**
   * Makes ready to put a connection on a channel; the result does so, and says what it is told. Where
   * that can be done at once, it is no promise.
   */
  prepare(
    c: Connection,
    address: string,
    params: Readonly<Record<string, string>>,
    ask: Ask,
  ): Awaitable<() => Encoded> {
    if (this.closed !== undefined) throw new TypeError(this.closed)
    const { presence } = this.routeOf(address) ?? {}
    return after(saidOf(presence, c, params), (said) => {
      if (this.#circles.broker.local) return () => this.#enterAtOnce(c, address, ask, said)
      return this.#prepareFar(c, address, ask, said)
    })
  }

  #enterAtOnce(c: Connection, address: string, ask: Ask, said: string | undefined): Encoded {
    const circle = this.#circle(c, address)
    try {
      void circle.ready()
      const recover = circle.feed?.recover(ask) as (() => Recovery) | undefined
      return this.#enter(c, circle, ask, said, recover?.())
    } finally {
      this.#circles.settle(circle)
    }
  }

  async #prepareFar(
    c: Connection,
    address: string,
    ask: Ask,
    said: string | undefined,
  ): Promise<() => Encoded> {
    const circle = this.#circle(c, address)
    circle.guests++
    try {
      await circle.ready()
      const recover = await circle.feed?.recover(ask)
      return () => this.#enter(c, circle, ask, said, recover?.())
    } finally {
      // To enter takes promises and no time; until then nobody else may be there who keeps the channel.
      within(c.transport.timers, 0, () => {
        circle.guests--
        this.#circles.settle(circle)
      })
    }
  }

  #enter(
    c: Connection,
    circle: Circle,
    ask: Ask,
    said: string | undefined,
    recovery: Recovery | undefined,
  ): Encoded {
    const { channels, secret, since } = c.snapshot
    if (c.closed) return NOTHING
    if (!channels.includes(circle.address)) {
      if (channels.length >= MAX_CHANNELS) {
        throw new SocketError('overloaded', `at most ${MAX_CHANNELS} channels a connection`)
      }
      channels.push(circle.address)
      try {
        c.persist()
      } catch (error) {
        channels.pop()
        throw error
      }
      circle.topic.add(c)
    }
    // Who is there is known when all are.
    if (circle.presence) this.#circles.wakeAll()
    if (said !== undefined) circle.presence?.enter(c.id, said, secret, ask.resume, since)
    return circle.welcome(c, recovery, ask.since !== undefined)
  }

  /** Whether the connection was on that channel. */
  remove(c: Connection, address: string): boolean {
    return this.#circles.take(c, address, false)
  }

  /** Puts a connection that woke from hibernation where it was. */
  restore(c: Connection): void {
    for (const address of c.snapshot.channels) {
      const circle = this.#circle(c, address)
      circle.topic.add(c)
      circle.restore()
      circle.presence?.restore(c.id, c.snapshot.since)
    }
  }

  /** The process may sleep: what is due then is done by `tick`. */
  sleepsUntil(wakeAt: (at: number) => void): void {
    this.#circles.sleepsUntil(wakeAt)
  }

  routeOf(address: string): ChannelRoute | undefined {
    return channelAt(this.#routes, address)
  }

  /** Does what is due. */
  tick(): void {
    this.#circles.tick()
  }

  leaveAll(c: Connection, returns: boolean): void {
    this.#circles.takeAll(c, returns)
  }

  #publish(address: string, event: string, body: string): Promise<void> {
    this.#circles.wakeAll()
    const { broker } = this.#circles
    const circle = this.#circles.get(address)
    const keep = circle ? circle.keep : this.routeOf(address)?.keep
    if (observed.published) this.#tell(address, event, body, circle)
    if (!keep && broker.local) {
      circle?.tell({ offset: 0, event, body })
      return PUBLISHED
    }
    try {
      const kept = broker.publish(address, { event, body }, keep)
      return isThenable(kept) ? Promise.resolve(kept).then(() => undefined) : PUBLISHED
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  #tell(address: string, event: string, body: string, circle: Circle | undefined): void {
    const channel = this.routeOf(address)?.pattern.name ?? ''
    const count = circle?.topic.size ?? 0
    const sizeBytes = bytesOf(publicationFrame(headOf(address), { offset: 0, body }))
    emit({ type: 'published', channel, event, count, sizeBytes })
  }

  flush(): void {
    this.#circles.flush()
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

  readonly carry = (command: Command): Promise<any> => {
    if (command.do === 'revoke' && this.outward) return this.outward(command)
    return this.here(command)
  }

  /** Does it among the connections that are here. */
  here(command: Command): Promise<any> {
    switch (command.do) {
      case 'publish':
        return this.#publish(command.address, command.event, command.body)
      case 'history':
        return this.#history(command.address, command.last)
      case 'members':
        return this.#members(command.address)
      default:
        this.#circles.wakeAll()
        return Promise.resolve(among(this.#near(command), command))
    }
  }

  /** Whom a command is about: those of this route, and who is on the channel by another. */
  *#near(command: Command): Iterable<Connection> {
    yield* this.live as Set<Connection>
    if (command.do !== 'revoke') return
    for (const c of [...(this.#circles.get(command.address)?.topic ?? [])]) {
      if (!this.live.has(c)) yield c
    }
  }

  async #history(address: string, last: number): Promise<unknown[]> {
    const keep = this.routeOf(address)?.keep as Keep
    const range = { last, maxCount: MAX_HISTORY, maxBytes: MAX_QUEUE_BYTES }
    const { publications } = await this.#circles.broker.read(address, range, keep)
    return publications.map((each) => JSON.parse(itemOf(each)) as unknown)
  }

  async #members(address: string): Promise<unknown[]> {
    this.#circles.wakeAll()
    const { broker } = this.#circles
    const circle = this.#circles.at(address, this.routeOf(address))
    if (circle) {
      circle.guests++
      try {
        await circle.ready()
        return circle.presence?.list().map((meta) => JSON.parse(meta) as unknown) ?? []
      } finally {
        circle.guests--
        this.#circles.settle(circle)
      }
    }
    // Nobody is here: who was before the process began is gone.
    const { members } = broker.local ? NOBODY : await broker.members(address)
    return members.map(({ meta }) => JSON.parse(meta) as unknown)
  }

  async #track(c: Connection, address: string, meta: unknown): Promise<void> {
    const { presence } = this.routeOf(address) ?? {}
    if (!presence) throw new TypeError(`Cannot be seen on "${address}": give it a presence schema`)
    const said = await saidOf({ ...presence, rule: () => meta }, c, {})
    if (said === undefined || !c.snapshot.channels.includes(address)) return
    const { secret, since } = c.snapshot
    this.#circles.get(address)?.presence?.enter(c.id, said, secret, undefined, since)
  }

  /** Who is on a channel that the connection is on. */
  stateOf(c: Connection, address: string): Encoded | undefined {
    if (!c.snapshot.channels.includes(address)) return undefined
    this.#circles.wakeAll()
    const presence = this.#circles.get(address)?.presence
    return presence && new Encoded(presence.state(c.id))
  }

  #circle(c: Connection, address: string): Circle {
    return this.#circles.at(address, this.routeOf(address), c.transport.timers) as Circle
  }
}

const PUBLISHED = Promise.resolve()
const NOTHING = new Encoded('{}')
const NOBODY: Members = { version: 0, members: [] }
/** Publications that are read at once. */
const MAX_HISTORY = 1000

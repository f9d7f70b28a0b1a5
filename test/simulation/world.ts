import { memoryBroker } from '../../src/broker/memory.ts'
import type { Broker, Position } from '../../src/broker/port.ts'
import type { SyncBroker } from '../../src/broker/sync.ts'
import type { LineEvents } from '../../src/client/line.ts'
import type { Off } from '../../src/client/rules.ts'
import { observe } from '../../src/observe.ts'
import type { Timers } from '../../src/runtime/port.ts'
import { Clock } from './clock.ts'
import { Durable } from './durable.ts'
import { Crowd } from './crowd.ts'
import type { Host } from './host.ts'
import { Keys } from './keys.ts'
import { Log } from './log.ts'
import { Page } from './page.ts'
import { Process } from './process.ts'
import { type Random, randomOf, seedFor } from './random.ts'
import type { Stage } from './place.ts'
import { Store } from './store.ts'
import { Tap } from './tap.ts'
import { View } from './view.ts'
import { Wire } from './wire.ts'

/** Where sockets live: one process; several with a store between them; an object that sleeps. */
export type Kind = 'process' | 'cluster' | 'durable'

/** What nobody should do with a request: repeat it though it has no key, or forget that it was done. */
export type Forgery = 'keyless' | 'forgotten'

/** What becomes of the next handshake of a client. */
export type Handshake = 'refused' | 'reset' | 'unheard' | 'silence' | { readonly close: number }

/** What a dead object hears of its storage. */
export const OVER = 'a life that is over'

const ROOMS = ['room/a', 'room/b', 'log/a', 'tick/a'] as const
const KEEPS: Readonly<Record<string, { size: number; maxAgeMs: number; maxBytes: number }>> = {
  room: { size: 8, maxAgeMs: 60_000, maxBytes: 1024 * 1024 },
  log: { size: 1000, maxAgeMs: 900_000, maxBytes: 1024 * 1024 },
}

/** A network of clients, servers and what they share, on one clock. */
export class World {
  readonly clock: Clock = new Clock()
  readonly log: Log = new Log()
  readonly crowd: Crowd
  readonly kind: Kind
  readonly off: Off
  readonly forgery: Forgery | undefined
  readonly failures: string[] = []
  readonly pages: Page[] = []
  hosts: Host[] = []
  readonly handshakes: Map<string, Handshake> = new Map()
  readonly effects: Map<number, number> = new Map()
  /** Publications without history come once and in order. */
  readonly exact: boolean
  /** For how long a server is away. */
  downMs = 0
  /** The store has never failed. */
  calm = true
  store: Store | undefined
  /** Some connection plays false. */
  mangled = false
  readonly views: Map<Host, View> = new Map()
  readonly #seed: number
  readonly #chance: Random
  readonly #decisions = new Map<string, number>()
  readonly #banned = new Set<string>()
  /** Not told any more, as far as hosts know. */
  readonly #barred = new Set<string>()
  readonly #ends: (() => void)[] = []
  /** Where histories are, if not in the store. */
  #tops: SyncBroker | undefined
  #names = 0
  #missing = 0
  #epochs = 0
  #numbers = 0
  #effects = 0
  /** What was replied to requests with a key. */
  readonly #keys: Keys
  readonly #replies = new Map<string, string>()

  constructor(kind: Kind, seed: number, off: Off, forgery?: Forgery) {
    this.forgery = forgery
    this.kind = kind
    this.#seed = seed
    this.off = off
    this.exact = kind !== 'cluster'
    this.crowd = new Crowd(() => this.clock.now)
    this.#chance = this.random('world')
    this.clock.stop = () => this.failures.length > 0
    this.#ends.push(observe(({ error, where }) => this.#observed(error, where)))
    const hear = (error: unknown): void => {
      if ((error as Error).message !== OVER) this.fail(`nobody handles ${String(error)}`)
    }
    process.on('unhandledRejection', hear)
    this.#ends.push(() => process.off('unhandledRejection', hear))
    this.#keys = new Keys(this, this.random('keys'))
    if (kind === 'cluster') this.store = new Store(this.clock, this.log, () => this.#epoch())
    const count = kind === 'cluster' ? 2 + Math.floor(this.#chance() * 2) : 1
    for (let n = 0; n < count; n++) this.boot()
  }

  chance(): number {
    return this.#chance()
  }

  random(name: string): Random {
    return randomOf(seedFor(this.#seed, name))
  }

  number(): number {
    return ++this.#numbers
  }

  fail(what: string): void {
    this.failures.push(`${Math.round(this.clock.now)} ms: ${what}`)
  }

  /** No method of the core throws to a runtime. */
  guard(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.fail(`the core throws ${(error as Error).stack}`)
    }
  }

  end(): void {
    for (const end of this.#ends) end()
  }

  onEnd(task: () => void): void {
    this.#ends.push(task)
  }

  boot(): Host {
    if (this.kind === 'durable') {
      const object = new Durable(this, `object ${this.#names++}`)
      this.hosts.push(object)
      return object
    }
    const host = new Process(
      this,
      `server ${this.#names++}`,
      (process) => this.#brokerOf(process),
      (process) => this.#keys.of(process),
    )
    this.hosts.push(host)
    return host
  }

  #brokerOf(process: Process): Broker {
    const { store } = this
    if (!store) {
      // It lives as long as the process.
      const broker = this.log.of(
        memoryBroker({ now: process.timers.now, epoch: () => this.#epoch() }),
      )
      this.#tops = broker
      return broker
    }
    const random = this.random(`${process.name} view`)
    const view = new View(this.clock, random, store, () => process.alive)
    this.views.set(process, view)
    return view
  }

  #epoch(): string {
    return `e${++this.#epochs}`
  }

  async begin(): Promise<void> {
    const count = 1 + Math.floor(this.#chance() * 3)
    for (let n = 0; n < count; n++) this.open().join('room/a')
    await this.clock.run(this.#chance() * 2000)
  }

  #reboot(): void {
    if (this.#missing === 0) return
    this.#missing--
    this.boot()
  }

  /** All faults stop. */
  async heal(): Promise<void> {
    while (this.#missing > 0) this.#reboot()
    this.handshakes.clear()
    for (const view of this.views.values()) view.heal()
    for (const page of this.pages) page.mangle.how = undefined
    if (!this.mangled) return
    // What was lost between a server and a client shows when something follows.
    await this.clock.run(30_000)
    for (const channel of ROOMS) {
      this.hosts[0]?.publish(channel, { n: this.number() }).catch(() => {})
    }
  }

  died(host: Host): void {
    this.hosts = this.hosts.filter((each) => each !== host)
    this.views.delete(host)
    if (!this.store) this.crowd.clear()
    this.#missing++
    this.clock.after(this.downMs, () => this.#reboot())
  }

  open(name: string = `client ${this.#names++}`): Page {
    const page = new Page(this, name)
    this.pages.push(page)
    return page
  }

  dial(page: Page, events: LineEvents): Wire {
    const random = this.random(`${page.name} wire ${page.dials.length}`)
    const wire = new Wire(this.clock, random, 1 + random() * 80, page.name, events)
    const { hosts } = this
    wire.up.send(0, () => {
      const host = hosts[Math.floor(random() * hosts.length)] ?? this.hosts[0]
      this.#arrive(wire, host?.alive ? host : this.hosts[0])
    })
    return wire
  }

  #arrive(wire: Wire, host: Host | undefined): void {
    const fault = this.handshakes.get(wire.client)
    this.handshakes.delete(wire.client)
    if (!host || fault === 'refused') wire.refuse()
    else if (fault === 'silence') wire.cut(undefined, undefined)
    else if (typeof fault === 'object') {
      wire.accept({ said() {}, closed() {}, ponged() {} }, 'denwa.v1.json')
      wire.close(fault.close, '')
    } else {
      host.take(wire)
      if (fault === 'reset') wire.cut(10, 10)
      if (fault === 'unheard') wire.cut(10, undefined)
    }
  }

  tap(client: string, connection: string): Tap {
    return new Tap(this, client, connection)
  }

  stage(timers: Timers, random: Random, isAlive: () => boolean): Stage {
    return {
      mayJoin: (connection, client, channel) => {
        if (this.#banned.has(`${client} ${channel}`)) return false
        const key = `${connection} ${channel}`
        this.#decisions.set(key, (this.#decisions.get(key) ?? 0) + 1)
        return true
      },
      pause: () => {
        const chance = random()
        if (chance < 0.6) return undefined
        if (chance < 0.8) return Promise.resolve().then(() => {})
        return new Promise((resolve) => void timers.after(random() * 2000, resolve))
      },
      effect: (n) => {
        if (!isAlive()) return 0
        const count = (this.effects.get(n) ?? 0) + 1
        this.effects.set(n, count)
        if (count > 1) this.fail(`${n} has ${count} effects`)
        return ++this.#effects
      },
    }
  }

  /** Whoever is told how a request with a key has ended is told the same. */
  replied(key: string, reply: string): void {
    const known = this.#replies.get(key)
    if (known !== undefined && known !== reply) this.fail(`${key} is ${known}, and then ${reply}`)
    this.#replies.set(key, reply)
  }

  decided(connection: string, channel: string): number {
    return this.#decisions.get(`${connection} ${channel}`) ?? 0
  }

  async ban(client: string, channel: string): Promise<void> {
    const key = `${client} ${channel}`
    this.#banned.add(key)
    await Promise.all(this.hosts.map((host) => host.revoke(channel, client)))
    if (this.#banned.has(key)) this.#barred.add(key)
  }

  pardon(client: string, channel: string): void {
    this.#banned.delete(`${client} ${channel}`)
    this.#barred.delete(`${client} ${channel}`)
  }

  banned(client: string, channel: string): boolean {
    return this.#barred.has(`${client} ${channel}`)
  }

  refused(client: string, channel: string): boolean {
    return this.#banned.has(`${client} ${channel}`)
  }

  channel(n: number): string {
    return ROOMS[n % ROOMS.length]!
  }

  top(channel: string): Position | undefined {
    const keep = KEEPS[channel.split('/')[0]!]
    if (this.kind === 'durable') return this.log.newest(channel)
    const broker = this.store?.broker ?? this.#tops
    if (!keep || !broker) return undefined
    return broker.read(channel, { maxCount: 0, maxBytes: 0 }, keep).position
  }

  #observed(error: unknown, where: string): void {
    // A store that is out of reach is told to whoever asks, and to observers.
    const { code, message } = error as { code?: string; message?: string }
    if (message === OVER) return
    if (code === 'unavailable' || code === 'canceled' || code === 'forbidden') return
    this.fail(`in ${where}: ${(error as Error).stack ?? String(error)}`)
  }
}

import type { Broker } from '../broker/port.ts'
import type { Connection } from '../connection/connection.ts'
import type { Timers } from '../runtime/port.ts'
import type { ChannelRoute } from './channel.ts'
import { Circle, type Surroundings } from './circle.ts'
import type { Topic } from './topic.ts'

let all = 0

/** Everyone who is on a channel, by its address: one circle for each, whatever route they came by. */
export class Circles {
  readonly broker: Broker
  readonly #circles = new Map<string, Circle>()
  readonly #waiting = new Set<Topic>()
  readonly #around: Surroundings
  /** Runtime topics are shared by all routes of a server: this tells ours apart. */
  readonly #prefix = `${all++}:`
  /** Those of who came last. */
  #timers: Timers | undefined
  /** Brings back connections that sleep, before anything is said to them. */
  wake: (() => void) | undefined

  constructor(broker: Broker) {
    this.broker = broker
    this.#around = {
      broker,
      fan: (circle, frame, event) => this.#fan(circle, frame, event),
      sleeps: () => this.wake !== undefined,
      settle: (circle) => this.settle(circle),
      drop: (circle, c) => this.take(c, circle.address, true),
    }
  }

  get(address: string): Circle | undefined {
    return this.#circles.get(address)
  }

  /** Makes it, unless nobody has ever been on any channel. */
  at(address: string, route?: ChannelRoute, timers?: Timers): Circle | undefined {
    const known = this.#circles.get(address)
    timers ??= this.#timers
    if (known || !timers) return known
    this.#timers = timers
    const circle = new Circle(address, this.#prefix + address, route, timers, this.#around)
    this.#circles.set(address, circle)
    return circle
  }

  /** Takes a connection off a channel, if it is on it; it may come back. */
  take(c: Connection, address: string, returns: boolean): boolean {
    const index = c.snapshot.channels.indexOf(address)
    if (index < 0) return false
    c.snapshot.channels.splice(index, 1)
    c.persist()
    this.#drop(c, address, returns)
    return true
  }

  takeAll(c: Connection, returns: boolean): void {
    for (const address of c.snapshot.channels.splice(0)) this.#drop(c, address, returns)
  }

  #drop(c: Connection, address: string, returns: boolean): void {
    const circle = this.#circles.get(address)
    if (!circle) return
    circle.topic.delete(c)
    circle.presence?.leave(c.id, returns)
    this.settle(circle)
  }

  /** The process may sleep: what is due then is done by `tick`. */
  sleepsUntil(wakeAt: (at: number) => void): void {
    this.#around.wakeAt = wakeAt
  }

  /** Does what is due. */
  tick(): void {
    for (const circle of this.#circles.values()) circle.tick()
  }

  wakeAll(): void {
    if (!this.wake) return
    this.wake()
    for (const { presence } of this.#circles.values()) presence?.settled()
  }

  #fan({ topic }: Circle, frame: string, event: string): void {
    this.wakeAll()
    if (topic.publish(frame, event)) this.#waiting.add(topic)
  }

  /** Sends publications that wait for the end of the turn. */
  flush(): void {
    if (this.#waiting.size === 0) return
    for (const topic of this.#waiting) topic.flush()
    this.#waiting.clear()
  }

  /** Forgets a channel that nobody is on. */
  settle(circle: Circle): void {
    // Who sleeps may be on it still.
    if (circle.isEmpty && this.broker.remembers) this.wakeAll()
    if (!circle.isEmpty || this.#circles.get(circle.address) !== circle) return
    this.#circles.delete(circle.address)
    circle.end()
  }
}

const known = new WeakMap<Broker, Circles>()

/** Routes with one broker share their channels. */
export function circlesOf(broker: Broker): Circles {
  let circles = known.get(broker)
  if (!circles) known.set(broker, (circles = new Circles(broker)))
  return circles
}

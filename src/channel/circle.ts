import type {
  Awaitable,
  Broker,
  Keep,
  Listener,
  Member,
  Missing,
  Position,
  Publication,
} from '../broker/port.ts'
import { isThenable } from '../connection/compose.ts'
import type { Connection } from '../connection/connection.ts'
import { emit } from '../observe.ts'
import { Encoded, gapFrame, headOf, itemOf, publicationFrame } from '../protocol/publication.ts'
import type { Timers } from '../runtime/port.ts'
import type { ChannelRoute } from './channel.ts'
import { Feed, type Recovery, after } from './feed.ts'
import { Presence } from './presence.ts'
import { Topic } from './topic.ts'

/** What a circle needs of those around it. */
export interface Surroundings {
  readonly broker: Broker
  /** Where the process may sleep: has `tick` called by that time. */
  wakeAt?: (at: number) => void
  /** Whether some of those who are on channels are not known yet. */
  sleeps(): boolean
  /** A frame to all who are on the channel. */
  fan(circle: Circle, frame: string, event: string): void
  /** Takes a connection off the channel: it is not there any more, but may come back. */
  drop(circle: Circle, c: Connection): void
  /** Nobody is awaited any more. */
  settle(circle: Circle): void
}

/** Those who are on a channel: what is said to them, from where in its history, and who they are. */
export class Circle implements Listener {
  readonly address: string
  readonly topic: Topic
  readonly keep: Keep | undefined
  readonly feed: Feed | undefined
  readonly presence: Presence | undefined
  /** Who is about to come. */
  guests = 0
  readonly #head: string
  readonly #around: Surroundings
  #ready: Awaitable<void> | undefined
  #loaded = false
  #stop: (() => void) | undefined

  constructor(
    address: string,
    native: string,
    route: ChannelRoute | undefined,
    timers: Timers,
    around: Surroundings,
  ) {
    const { broker } = around
    this.address = address
    this.keep = route?.keep
    this.#head = headOf(address)
    this.#around = around
    const slow = route?.slow
    const onSlow = slow === 'gap' ? (c: Connection) => this.#gap(c, 'slow') : undefined
    this.topic = new Topic(native, route?.pattern.name, slow, onSlow)
    if (this.keep) {
      this.feed = new Feed(address, broker, this.keep, {
        timers,
        listener: this,
        deliver: (publication) => this.tell(publication),
        gap: (reason) => this.#gapAll(reason),
        failed,
      })
    }
    if (route?.presence) {
      this.presence = new Presence(address, {
        timers,
        broker,
        tell: (frame) => around.fan(this, frame, '$presence'),
        onError: failed,
        onEmpty: () => around.settle(this),
        ...(around.wakeAt && { wakeAt: around.wakeAt }),
      })
    }
  }

  /** To all who are here. */
  tell(publication: Publication): void {
    this.#around.fan(this, publicationFrame(this.#head, publication), publication.event)
  }

  published(publication: Publication, epoch: string): void {
    if (this.feed) this.feed.published(publication, epoch)
    else this.tell(publication)
  }

  resumed(position: Position): void {
    this.feed?.resumed(position)
  }

  entered(member: Member): void {
    this.presence?.entered(member)
  }

  exited(key: string): void {
    this.presence?.exited(key)
  }

  #gapAll(reason: Missing): void {
    for (const c of [...this.topic]) this.#gap(c, reason)
  }

  #gap(c: Connection, reason: Missing | 'slow'): void {
    this.#around.drop(this, c)
    c.write(gapFrame(this.address, reason))
  }

  /**
   * Hears what is said elsewhere, and knows who was here before.
   *
   * @throws {SocketError} `unavailable` if the broker is out of reach
   */
  ready(): Awaitable<void> {
    if (this.#ready) return this.#ready
    const ready = after(this.#listen(), () => this.#load())
    this.#ready = ready
    if (isThenable(ready)) ready.then(undefined, () => (this.#ready = undefined))
    return ready
  }

  /** The same after the process has slept. */
  restore(): void {
    const { broker } = this.#around
    if (!broker.remembers) return void this.ready()
    if (this.feed) this.feed.restore()
    else this.#stop ??= broker.subscribe(this.address, this, true) as () => void
    void this.#load()
  }

  #listen(): Awaitable<void> {
    const { broker } = this.#around
    if (this.feed) return this.feed.attach()
    if (broker.local) return undefined
    return after(broker.subscribe(this.address, this), (stop) => void (this.#stop = stop))
  }

  #load(): Awaitable<void> {
    const { presence } = this
    if (!presence || this.#loaded) return undefined
    this.#loaded = true
    return after(this.#around.broker.members(this.address), (members) => {
      presence.load(members)
      if (!this.#around.sleeps()) presence.settled()
    })
  }

  /** Does what is due. */
  tick(): void {
    this.presence?.tick()
  }

  /** What a connection is told that has just come. */
  welcome(c: Connection, recovery: Recovery | undefined, resumes: boolean): Encoded {
    const parts: string[] = []
    if (recovery) {
      const { position, publications, missing } = recovery
      parts.push(`"position":${JSON.stringify(position)}`)
      if (resumes) parts.push(`"recovered":${missing === undefined}`)
      if (missing) parts.push(`"reason":"${missing}"`)
      if (publications.length > 0) {
        parts.push(`"publications":[${publications.map(itemOf).join(',')}]`)
      }
    }
    if (this.presence) parts.push(`"presence":${this.presence.state(c.id)}`)
    return new Encoded(`{${parts.join(',')}}`)
  }

  get isEmpty(): boolean {
    return this.guests === 0 && this.topic.size === 0 && (this.presence?.empty ?? true)
  }

  end(): void {
    this.feed?.end()
    this.presence?.stop()
    this.#stop?.()
  }
}

function failed(error: unknown): void {
  emit({ type: 'error', error, where: 'broker' })
}

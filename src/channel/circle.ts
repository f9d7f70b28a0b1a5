import type { Awaitable, Broker, Keep, Missing, Publication } from '../broker/port.ts'
import type { Connection } from '../connection/connection.ts'
import { emit } from '../observe.ts'
import { Encoded, gapFrame, itemOf, numberedFrame } from '../protocol/publication.ts'
import type { Timers } from '../runtime/port.ts'
import type { ChannelRoute } from './channel.ts'
import { Feed, type Recovery, after } from './feed.ts'
import { Presence } from './presence-stub.ts'
import { Topic } from './topic.ts'

/** What a circle needs of those around it. */
export interface Surroundings {
  readonly broker: Broker
  /** A frame to all who are on the channel. */
  fan(circle: Circle, frame: string, event: string): void
  /** Whether some of those who are on channels are not known yet. */
  sleeps(): boolean
  /** Takes a connection off the channel: it is not there any more, but may come back. */
  drop(circle: Circle, c: Connection): void
}

/** Those who are on a channel: what is said to them, from where in its history, and who they are. */
export class Circle {
  readonly address: string
  readonly topic: Topic
  readonly keep: Keep | undefined
  readonly feed: Feed | undefined
  readonly presence: Presence | undefined
  readonly #around: Surroundings
  #ready: Awaitable<void> | undefined
  /** Who is about to come. */
  guests = 0

  constructor(
    address: string,
    native: string,
    route: ChannelRoute | undefined,
    timers: Timers,
    around: Surroundings,
  ) {
    const { broker } = around
    this.address = address
    this.#around = around
    this.keep = route?.keep
    const slow = route?.slow
    const onSlow = slow === 'gap' ? (c: Connection) => this.#gap(c, 'slow') : undefined
    this.topic = new Topic(native, route?.pattern.name, slow, onSlow)
    const failed = (error: unknown): void => emit({ type: 'error', error, where: 'broker' })
    if (route?.keep) {
      this.feed = new Feed(address, broker, route.keep, {
        timers,
        deliver: (publication) => this.#deliver(publication),
        gap: (reason) => this.#gapAll(reason),
        failed,
      })
    }
    if (route?.presence) {
      const tell = (frame: string): void => around.fan(this, frame, '$presence')
      this.presence = new Presence(address, { timers, broker, tell, onError: failed })
    }
  }

  #deliver(publication: Publication): void {
    this.#around.fan(this, numberedFrame(this.address, publication), publication.event)
  }

  #gapAll(reason: Missing): void {
    for (const c of [...this.topic]) this.#gap(c, reason)
  }

  #gap(c: Connection, reason: Missing | 'slow'): void {
    this.#around.drop(this, c)
    c.write(gapFrame(this.address, reason))
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

  /** Knows who was here before. */
  ready(): Awaitable<void> {
    const { presence } = this
    if (!presence) return undefined
    return (this.#ready ??= after(this.#around.broker.members(this.address), (members) => {
      presence.load(members)
      if (!this.#around.sleeps()) presence.settled()
    }))
  }

  get isEmpty(): boolean {
    return this.guests === 0 && this.topic.size === 0 && (this.presence?.empty ?? true)
  }

  end(): void {
    this.feed?.end()
  }
}

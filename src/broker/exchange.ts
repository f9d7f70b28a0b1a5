import { Courier, type Office } from './courier.ts'
import type { Errand, Subscribed } from './far.ts'
import type { Broker, Draft, Keep, Member, Members, Page, Position, Range } from './port.ts'
import type { Owner } from './subscribers.ts'

/** Objects that may listen to one channel. */
const MAX_SUBSCRIBERS = 1000
/** Before what was just acknowledged to its publisher is told, its object may end: then it is told after this. */
const RECALL_MS = 5000
/** How long an object is believed that it has the connection of a member. */
const LEASE_MS = 15 * 60 * 1000
const NOTHING = { maxCount: 0, maxBytes: 0 }

/** What an exchange needs of those around it. */
export interface Surroundings extends Office {
  /** Which of these connections the object has still. */
  alive(object: string, connections: readonly string[]): Promise<readonly string[]>
}

/** Channels for the connections of other objects: keeps what is published, and has it told to them. */
export class Exchange implements Broker {
  readonly local = false
  readonly #around: Surroundings
  readonly #courier: Courier

  constructor(around: Surroundings) {
    this.#around = around
    this.#courier = new Courier(around)
  }

  now(): number {
    return this.#around.kept.now()
  }

  publish(address: string, draft: Draft, keep?: Keep): Position | undefined {
    const position = keep && this.#around.kept.publish(address, draft, keep)
    this.#around.wakeAt(this.now() + RECALL_MS)
    this.#courier.tell(address, keep ? undefined : draft)
    return position
  }

  read(address: string, range: Range, keep: Keep): Page {
    return this.#around.kept.read(address, range, keep)
  }

  /** Nobody in this object listens. */
  subscribe(): () => void {
    return () => {}
  }

  enter(): void {}
  exit(): void {}

  members(address: string): Members {
    return this.#around.kept.members(address)
  }

  /** Does what another object asks for. */
  run(errand: Errand): unknown {
    const { subscribers } = this.#around
    const { address } = errand
    switch (errand.do) {
      case 'append':
        return this.publish(address, errand.draft, errand.keep)
      case 'read':
        return this.read(address, errand.range, errand.keep)
      case 'subscribe':
        return this.#subscribe(address, errand.object)
      case 'unsubscribe':
        return subscribers.delete(address, errand.object)
      case 'enter':
        return this.#enter(address, errand.object, errand.member)
      case 'exit':
        if (subscribers.ownerOf(address, errand.key)?.object !== errand.object) return undefined
        return this.#exit(address, errand.key, errand.object)
    }
  }

  /** Tells again what was not acknowledged, and asks for members whose object has not been heard for long. */
  async alarm(): Promise<void> {
    for (const each of this.#around.subscribers.all()) this.#courier.visit(each)
    await this.#expire()
  }

  /** @throws {RangeError} if too many listen already */
  #subscribe(address: string, object: string): Subscribed {
    const { kept, subscribers, routeOf } = this.#around
    const { keep, presence } = routeOf(address) ?? {}
    const members = presence ? kept.members(address).members : undefined
    const known = subscribers.get(address, object)
    if (known) {
      this.#courier.subscribed(address, object)
      return { members, ...(keep && { position: [known.epoch, known.offset] }) }
    }
    if (subscribers.of(address).length >= MAX_SUBSCRIBERS) {
      throw new RangeError(
        `Cannot tell more than ${MAX_SUBSCRIBERS} objects of channel "${address}": have more of its connections share an object`,
      )
    }
    const position = keep && kept.read(address, NOTHING, keep).position
    subscribers.add(address, object, position ?? ['', 0])
    return { members, position }
  }

  #enter(address: string, object: string, member: Member): void {
    const { kept, subscribers, wakeAt } = this.#around
    const until = Math.floor(member.untilMs ?? this.now() + LEASE_MS)
    kept.enter(address, member, LEASE_MS)
    subscribers.own({ address, key: member.key, object, until })
    wakeAt(until)
    this.#courier.changed(address, object)
  }

  #exit(address: string, key: string, object = ''): void {
    this.#around.kept.exit(address, key)
    this.#around.subscribers.disown(address, key)
    this.#courier.changed(address, object)
  }

  async #expire(): Promise<void> {
    const { kept, subscribers, wakeAt } = this.#around
    const now = this.now()
    const owners = subscribers.owners()
    const due = owners.filter(({ until }) => until <= now)
    const asked = new Map<string, { owner: Owner; connection: string }[]>()
    for (const owner of due) {
      const member = kept.members(owner.address).members.find(({ key }) => key === owner.key)
      if (!member || member.untilMs !== undefined) this.#exit(owner.address, owner.key)
      else {
        const list = asked.get(owner.object) ?? []
        asked.set(owner.object, [...list, { owner, connection: member.connection }])
      }
    }
    for (const [object, list] of asked) await this.#ask(object, list, now)
    const [next] = subscribers.owners()
    if (next) wakeAt(Math.max(next.until, now + 1000))
  }

  async #ask(
    object: string,
    list: readonly { readonly owner: Owner; readonly connection: string }[],
    now: number,
  ): Promise<void> {
    const { subscribers, alive, failed } = this.#around
    let there: readonly string[] = []
    try {
      there = await alive(
        object,
        list.map(({ connection }) => connection),
      )
    } catch (error) {
      failed(error)
    }
    for (const { owner, connection } of list) {
      // It may have been heard of meanwhile.
      if (subscribers.ownerOf(owner.address, owner.key)?.until !== owner.until) continue
      if (there.includes(connection)) subscribers.own({ ...owner, until: now + LEASE_MS })
      else this.#exit(owner.address, owner.key)
    }
  }
}

import type { Delivery } from './far.ts'
import type { Draft, Keep, Member, Position } from './port.ts'
import type { Subscriber, Subscribers } from './subscribers.ts'
import type { SyncBroker } from './sync.ts'

/** What an object is told at once, at most; who has missed more looks for itself. */
const AT_ONCE = { maxCount: 4096, maxBytes: 4 * 1024 * 1024 }
/** Publications without a number that wait for an object; then the oldest are lost. */
const MAX_WAITING = 256
/** An object that does not answer is asked again after as long as it has not, within these. */
const RETRY_MS = 1000
const MAX_RETRY_MS = 60_000
/** After which time it is forgotten. */
const FORGET_MS = 24 * 60 * 60 * 1000

/** What a courier needs of those around it. */
export interface Office {
  readonly kept: SyncBroker
  readonly subscribers: Subscribers
  /** Whether a channel keeps something, and whether it tells who is there. */
  routeOf(
    address: string,
  ): { readonly keep?: Keep | undefined; readonly presence?: unknown } | undefined
  /** `false` if nobody there is on the channel. */
  deliver(object: string, delivery: Delivery): Promise<boolean>
  wakeAt(at: number): void
  failed(error: unknown): void
}

/** One object being told of one channel. */
interface Round {
  /** There is more to tell. */
  again: boolean
  /** Goes up when the object says that it listens. */
  subscriptions: number
  readonly waiting: Draft[]
}

/**
 * Tells objects what is said on channels, each in order and one thing after the other: what is not
 * acknowledged is told again.
 */
export class Courier {
  readonly #office: Office
  readonly #rounds = new Map<string, Round>()
  /** How often who is there has changed, while anybody is being told. */
  #changes = 0

  constructor(office: Office) {
    this.#office = office
  }

  /** Tells all who listen, and a draft without a number once. */
  tell(address: string, draft?: Draft): void {
    for (const subscriber of this.#office.subscribers.of(address)) this.visit(subscriber, draft)
  }

  /** Who is there has changed; the object that says so knows. */
  changed(address: string, except: string): void {
    this.#changes++
    this.#office.subscribers.outdate(address, except)
    this.tell(address)
  }

  /** An answer on its way that nobody listens is not true any more. */
  subscribed(address: string, object: string): void {
    const round = this.#rounds.get(keyOf(address, object))
    if (round) round.subscriptions++
  }

  visit({ address, object }: Pick<Subscriber, 'address' | 'object'>, draft?: Draft): void {
    const key = keyOf(address, object)
    let round = this.#rounds.get(key)
    const goes = round !== undefined
    if (!round) this.#rounds.set(key, (round = { again: false, subscriptions: 0, waiting: [] }))
    round.again = true
    if (draft && round.waiting.push(draft) > MAX_WAITING) round.waiting.shift()
    if (!goes) void this.#go(address, object, round)
  }

  async #go(address: string, object: string, round: Round): Promise<void> {
    while (round.again) {
      round.again = false
      const subscriber = this.#office.subscribers.get(address, object)
      if (!subscriber) break
      try {
        if (await this.#step(subscriber, round)) round.again = true
      } catch (error) {
        this.#failed(subscriber, error)
        break
      }
    }
    this.#rounds.delete(keyOf(address, object))
  }

  /** Whether something was told. */
  async #step(subscriber: Subscriber, round: Round): Promise<boolean> {
    const { kept, subscribers, deliver, routeOf } = this.#office
    const { address, object, epoch, offset, seen } = subscriber
    const keep = routeOf(address)?.keep
    const from: Position = [epoch, offset]
    const page = keep && kept.read(address, { since: from, ...AT_ONCE }, keep)
    const drafts = round.waiting.splice(0)
    const isNew = page && (page.position[0] !== epoch || page.position[1] !== offset)
    if (!isNew && drafts.length === 0 && seen === 1) return false
    const { subscriptions } = round
    const changes = this.#changes
    const heard = await deliver(object, {
      do: 'deliver',
      address,
      ...(page && { from }),
      publications: page?.publications ?? drafts.map((draft) => ({ offset: 0, ...draft })),
      ...(page?.missing && { missed: true }),
      ...(seen === 0 && { members: this.#members(address) }),
    })
    if (!heard) {
      if (subscriptions === round.subscriptions) subscribers.delete(address, object)
      return true
    }
    subscribers.acknowledged(subscriber, page?.position ?? from, changes === this.#changes)
    return true
  }

  #members(address: string): readonly Member[] {
    return this.#office.kept.members(address).members
  }

  #failed(subscriber: Subscriber, error: unknown): void {
    const { kept, subscribers, wakeAt, failed } = this.#office
    failed(error)
    const now = kept.now()
    const since = subscriber.failing || now
    if (now - since > FORGET_MS) {
      subscribers.delete(subscriber.address, subscriber.object)
      return
    }
    if (!subscriber.failing) subscribers.failed(subscriber, now)
    wakeAt(now + Math.min(Math.max(now - since, RETRY_MS), MAX_RETRY_MS))
  }
}

function keyOf(address: string, object: string): string {
  return `${object} ${address}`
}

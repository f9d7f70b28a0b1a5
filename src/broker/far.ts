import { SocketError } from '../errors.ts'
import type {
  Broker,
  Draft,
  Keep,
  Listener,
  Member,
  Members,
  Page,
  Position,
  Publication,
  Range,
} from './port.ts'
import type { SyncBroker } from './sync.ts'

/** What the object in which a channel lives is asked by one in which connections live: JSON. */
export type Errand =
  | {
      readonly do: 'append'
      readonly address: string
      readonly draft: Draft
      readonly keep?: Keep | undefined
    }
  | { readonly do: 'read'; readonly address: string; readonly range: Range; readonly keep: Keep }
  | { readonly do: 'subscribe'; readonly address: string; readonly object: string }
  | { readonly do: 'unsubscribe'; readonly address: string; readonly object: string }
  | {
      readonly do: 'enter'
      readonly address: string
      readonly object: string
      readonly member: Member
    }
  | {
      readonly do: 'exit'
      readonly address: string
      readonly object: string
      readonly key: string
    }

/** What is answered to who subscribes. */
export interface Subscribed {
  /** Where the channel is, or what this object has had of it; none on a channel without history. */
  readonly position?: Position | undefined
  /** None on a channel that does not tell who is there. */
  readonly members?: readonly Member[] | undefined
}

/** What is said of a channel to an object whose connections are on it: JSON. */
export interface Delivery {
  readonly do: 'deliver'
  readonly address: string
  /** What the object has had; none on a channel without history. */
  readonly from?: Position | undefined
  readonly publications: readonly Publication[]
  /** Some of what follows `from` is not to be had any more. */
  readonly missed?: boolean
  /** Who is on the channel, if that has changed. */
  readonly members?: readonly Member[] | undefined
}

/** How a broker reaches the object in which a channel lives. */
export type Reach = (errand: Errand) => Promise<unknown>

/** When a client may ask again. */
const RETRY_AFTER_MS = 1000

/**
 * The channels of an object that live in others. Those know that it listens though it sleeps, and say with
 * what they tell from where on; who is there it has noted itself.
 */
export class FarBroker implements Broker {
  readonly local = false
  readonly remembers = true
  readonly now: () => number
  readonly #object: string
  readonly #reach: Reach
  /** Who is on channels, as this object was told last, and what its clients know of that. */
  readonly #noted: SyncBroker
  readonly #listeners = new Map<string, Listener>()
  /** Members of whom something is being said: it is newer than what is heard of them. */
  readonly #saying = new Map<string, number>()
  /** The last errand of each channel whose order counts. */
  readonly #lines = new Map<string, Promise<unknown>>()

  constructor(object: string, reach: Reach, noted: SyncBroker) {
    this.#object = object
    this.#reach = reach
    this.#noted = noted
    this.now = () => noted.now()
  }

  async publish(address: string, draft: Draft, keep?: Keep): Promise<Position | undefined> {
    return (await this.#run({ do: 'append', address, draft, keep })) as Position | undefined
  }

  async read(address: string, range: Range, keep: Keep): Promise<Page> {
    return (await this.#run({ do: 'read', address, range, keep })) as Page
  }

  subscribe(address: string, listener: Listener, again?: false): Promise<() => void>
  subscribe(address: string, listener: Listener, again: boolean): Promise<() => void> | (() => void)
  subscribe(
    address: string,
    listener: Listener,
    again = false,
  ): Promise<() => void> | (() => void) {
    const listened = this.#listeners.get(address) === listener
    this.#listeners.set(address, listener)
    const forget = (): boolean =>
      this.#listeners.get(address) === listener && this.#listeners.delete(address)
    const stop = (): void => {
      // That it fails is no harm: what is told to who does not listen any more is the end of it.
      if (forget())
        this.#inLine({ do: 'unsubscribe', address, object: this.#object }).catch(() => {})
    }
    if (again) return stop
    return this.#inLine({ do: 'subscribe', address, object: this.#object }).then(
      (answer) => {
        const { position, members } = answer as Subscribed
        if (position) listener.resumed?.(position)
        if (members) this.#note(address, members)
        return stop
      },
      (error: unknown) => {
        if (!listened) forget()
        throw error
      },
    )
  }

  async enter(address: string, member: Member): Promise<void> {
    this.#noted.enter(address, member, Infinity)
    await this.#inLine({ do: 'enter', address, object: this.#object, member }, member.key)
  }

  async exit(address: string, key: string): Promise<void> {
    this.#noted.exit(address, key)
    await this.#inLine({ do: 'exit', address, object: this.#object, key }, key)
  }

  members(address: string): Members {
    return this.#noted.members(address)
  }

  announced(address: string, version: number): void {
    void this.#noted.announced?.(address, version)
  }

  /** Whether anybody here still listens to that channel. */
  deliver({ address, from, publications, missed, members }: Delivery): boolean {
    const listener = this.#listeners.get(address)
    if (!listener) return false
    if (from) listener.resumed?.(from)
    for (const each of publications) listener.published(each, from?.[0] ?? '')
    // Of no epoch that is known: it will look what there is.
    if (missed) listener.published({ offset: 0, event: '', body: '{}' }, '')
    if (members) this.#note(address, members, listener)
    return true
  }

  /** Finds what has changed. */
  #note(address: string, members: readonly Member[], listener?: Listener): void {
    const before = new Map(this.#noted.members(address).members.map((each) => [each.key, each]))
    for (const member of members) {
      const known = before.get(member.key)
      before.delete(member.key)
      if (this.#saying.has(`${member.key} ${address}`)) continue
      if (known && JSON.stringify(known) === JSON.stringify(member)) continue
      this.#noted.enter(address, member, Infinity)
      listener?.entered?.(member)
    }
    for (const key of before.keys()) {
      if (this.#saying.has(`${key} ${address}`)) continue
      this.#noted.exit(address, key)
      listener?.exited?.(key)
    }
  }

  /** One after the other: what is asked later is to take effect later. */
  #inLine(errand: Errand, key?: string): Promise<unknown> {
    const { address } = errand
    const said = key === undefined ? undefined : `${key} ${address}`
    if (said !== undefined) this.#saying.set(said, (this.#saying.get(said) ?? 0) + 1)
    const before = this.#lines.get(address) ?? Promise.resolve()
    const run = (): Promise<unknown> => this.#run(errand)
    const done = before.then(run, run)
    this.#lines.set(address, done)
    const over = (): void => {
      if (said !== undefined) this.#over(said)
      if (this.#lines.get(address) === done) this.#lines.delete(address)
    }
    done.then(over, over)
    return done
  }

  #over(said: string): void {
    const left = (this.#saying.get(said) ?? 1) - 1
    if (left > 0) this.#saying.set(said, left)
    else this.#saying.delete(said)
  }

  async #run(errand: Errand): Promise<unknown> {
    try {
      return await this.#reach(errand)
    } catch (cause) {
      throw new SocketError('unavailable', 'the channel is out of reach', {
        retryAfterMs: RETRY_AFTER_MS,
        cause,
      })
    }
  }
}

import type {
  Awaitable,
  Broker,
  Draft,
  Keep,
  Listener,
  Member,
  Members,
  Page,
  Position,
  Range,
} from '../../src/broker/port.ts'
import { SocketError } from '../../src/errors.ts'
import type { KeyStore } from '../../src/keys/port.ts'
import type { Clock } from './clock.ts'
import { Flow } from './flow.ts'
import type { Random } from './random.ts'
import type { Store } from './store.ts'

/** How long a process waits for a store that does not answer. */
const TIMEOUT_MS = 2000

/** How likely it is that something happens to what goes between a process and the store. */
export interface Trouble {
  readonly fails: number
  readonly loses: number
  readonly repeats: number
  readonly reorders: number
}

const NONE: Trouble = { fails: 0, loses: 0, repeats: 0, reorders: 0 }

/** The store, as one process reaches it. */
export class View implements Broker {
  readonly local = false
  trouble: Trouble = NONE
  /** Nothing comes through. */
  cutOff = false
  readonly #clock: Clock
  readonly #random: Random
  readonly #store: Store
  readonly #isAlive: () => boolean
  readonly #there: Flow
  readonly #back: Flow

  constructor(clock: Clock, random: Random, store: Store, isAlive: () => boolean) {
    this.#clock = clock
    this.#random = random
    this.#store = store
    this.#isAlive = isAlive
    const latencyMs = random() * 20
    this.#there = new Flow(clock, random, latencyMs)
    this.#back = new Flow(clock, random, latencyMs)
  }

  get alive(): boolean {
    return this.#isAlive()
  }

  heal(): void {
    this.trouble = NONE
    this.cutOff = false
  }

  now(): number {
    return this.#store.now()
  }

  publish(channel: string, draft: Draft, keep?: Keep): Promise<Position | undefined> {
    return this.#ask(() => {
      const { event, body } = draft
      const position = keep && this.#store.broker.publish(channel, draft, keep)
      const [epoch, offset] = position ?? ['', 0]
      const publication = { event, body, offset }
      this.#store.tell(channel, (listener) => listener.published(publication, epoch))
      return position
    })
  }

  read(channel: string, range: Range, keep: Keep): Promise<Page> {
    return this.#ask(() => this.#store.broker.read(channel, range, keep))
  }

  subscribe(channel: string, listener: Listener): Promise<() => void> {
    let stop = (): void => {}
    const end = (): void => void this.#there.send(0, stop)
    const asked = this.#ask(() => {
      stop = this.#store.listen(channel, this, {
        published: (publication, epoch) => listener.published(publication, epoch),
        entered: (member) => listener.entered?.(member),
        exited: (key) => listener.exited?.(key),
      })
      return end
    })
    // The store may have heard of it though nobody has heard the store.
    asked.catch(end)
    return asked
  }

  enter(channel: string, member: Member, ttlMs: number): Promise<void> {
    return this.#ask(() => this.#store.enter(channel, member, ttlMs, this))
  }

  exit(channel: string, key: string): Promise<void> {
    return this.#ask(() => this.#store.exit(channel, key, this))
  }

  members(channel: string): Promise<Members> {
    return this.#ask(() => ({ version: 0, members: this.#store.members(channel) }))
  }

  /** Where requests with a key are remembered. */
  get keys(): KeyStore {
    const store = this.#store
    return {
      get name() {
        return store.keys.name
      },
      take: (request, again) => this.#ask(() => store.keys.take(request, again)),
      keep: (request, outcome) => this.#ask(() => store.keys.keep(request, outcome)),
      drop: (request) => this.#ask(() => store.keys.drop(request)),
    }
  }

  /** Something is told to this process. */
  hear(task: () => void): void {
    const { loses, repeats, reorders } = this.trouble
    if (this.cutOff || this.#random() < loses) return
    const arrive = (): void => {
      if (this.#isAlive() && !this.cutOff) task()
    }
    if (this.#random() < reorders) this.#clock.after(this.#random() * 1000, arrive)
    else this.#back.send(0, arrive)
    if (this.#random() < repeats) this.#clock.after(this.#random() * 3000, arrive)
  }

  #ask<T>(act: () => Awaitable<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#isAlive()) return
      const fail = (): void => reject(new SocketError('unavailable', 'the store is out of reach'))
      const settle = (task: () => void): (() => void) => {
        return () => void (this.#isAlive() && task())
      }
      const lost = (): void => void this.#clock.after(TIMEOUT_MS, settle(fail))
      if (this.cutOff) return lost()
      const fails = this.#random() < this.trouble.fails
      // Half of what fails has had its effect.
      if (fails && this.#random() < 0.5) return lost()
      this.#there.send(0, () => {
        if (!this.#isAlive()) return
        const result = act()
        if (fails || this.cutOff) lost()
        else
          this.#back.send(
            0,
            settle(() => resolve(result)),
          )
      })
    })
  }
}

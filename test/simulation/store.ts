import { memoryBroker } from '../../src/broker/memory.ts'
import type { Listener, Member } from '../../src/broker/port.ts'
import type { SyncBroker } from '../../src/broker/sync.ts'
import { memoryKeys } from '../../src/keys/memory.ts'
import type { KeyStore } from '../../src/keys/port.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { View } from './view.ts'

interface Entered {
  readonly member: Member
  readonly until: number
}

/** What several processes share: a server of its own, that may lose all it has. */
export class Store {
  broker: SyncBroker
  keys: KeyStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #epoch: () => string
  #members = new Map<string, Map<string, Entered>>()
  /** Who listens to what; what is told goes through the views, which may lose it. */
  readonly #listeners = new Map<string, Set<[View, Listener]>>()

  constructor(clock: Clock, log: Log, epoch: () => string) {
    this.#clock = clock
    this.#log = log
    this.#epoch = epoch
    this.broker = this.#make()
    this.keys = this.#newKeys()
  }

  #newKeys(): KeyStore {
    return memoryKeys({ clock: { now: () => this.#clock.now } })
  }

  #make(): SyncBroker {
    return this.#log.of(memoryBroker({ now: () => this.#clock.now, epoch: this.#epoch }))
  }

  now(): number {
    return this.#clock.now
  }

  /** It is empty. */
  lose(): void {
    this.broker = this.#make()
    this.keys = this.#newKeys()
    this.#members = new Map()
  }

  listen(channel: string, view: View, listener: Listener): () => void {
    let listeners = this.#listeners.get(channel)
    if (!listeners) this.#listeners.set(channel, (listeners = new Set()))
    const entry: [View, Listener] = [view, listener]
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  /** What is still kept or told for somebody, though nobody should be there. */
  get left(): number {
    let left = 0
    for (const listeners of this.#listeners.values()) {
      for (const [view] of listeners) if (view.alive) left++
    }
    for (const channel of this.#members.keys()) left += this.members(channel).length
    return left
  }

  /** To all who listen; to all but one view, if one is given. */
  tell(channel: string, act: (listener: Listener) => void, except?: View): void {
    for (const [view, listener] of this.#listeners.get(channel) ?? []) {
      if (view !== except) view.hear(() => act(listener))
    }
  }

  enter(channel: string, member: Member, ttlMs: number, view: View): void {
    let members = this.#members.get(channel)
    if (!members) this.#members.set(channel, (members = new Map()))
    members.set(member.key, { member, until: this.#clock.now + ttlMs })
    this.tell(channel, (listener) => listener.entered?.(member), view)
  }

  exit(channel: string, key: string, view: View): void {
    this.#members.get(channel)?.delete(key)
    this.tell(channel, (listener) => listener.exited?.(key), view)
  }

  members(channel: string): Member[] {
    const all = [...(this.#members.get(channel)?.values() ?? [])]
    return all.filter(({ until }) => until > this.#clock.now).map(({ member }) => member)
  }
}

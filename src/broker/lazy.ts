import { exceeds } from '../protocol/codec.ts'
import type { Draft, Keep, Listener, Member, Members, Page, Position, Range } from './port.ts'
import type { SyncBroker } from './sync.ts'

/** A value in the SQLite of a Durable Object takes 2 MB with all that belongs to it. */
const MAX_VALUE_BYTES = 2_000_000 - 10_000

/** Makes a broker when something is asked of it: until then nothing is written. */
export function lazyBroker(make: () => SyncBroker, now: () => number): SyncBroker {
  return new LazyBroker(make, now)
}

class LazyBroker implements SyncBroker {
  readonly local = true
  readonly #make: () => SyncBroker
  readonly #now: () => number
  #made: SyncBroker | undefined

  constructor(make: () => SyncBroker, now: () => number) {
    this.#make = make
    this.#now = now
  }

  get #broker(): SyncBroker {
    return (this.#made ??= this.#make())
  }

  now(): number {
    return this.#made?.now() ?? this.#now()
  }

  publish(channel: string, draft: Draft, keep?: Keep): Position | undefined {
    if (keep && exceeds(draft.body, MAX_VALUE_BYTES)) {
      throw new RangeError(
        `Cannot keep a publication of more than ${MAX_VALUE_BYTES} bytes: publish where to find it instead`,
      )
    }
    return this.#broker.publish(channel, draft, keep)
  }

  read(channel: string, range: Range, keep: Keep): Page {
    return this.#broker.read(channel, range, keep)
  }

  subscribe(channel: string, listener: Listener): () => void {
    return this.#broker.subscribe(channel, listener)
  }

  enter(channel: string, member: Member, ttlMs: number): void {
    this.#broker.enter(channel, member, ttlMs)
  }

  exit(channel: string, key: string): void {
    this.#broker.exit(channel, key)
  }

  members(channel: string): Members {
    return this.#broker.members(channel)
  }

  announced(channel: string, version: number): void {
    void this.#broker.announced?.(channel, version)
  }

  close(): void {}
}

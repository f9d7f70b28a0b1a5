import type { Draft, Keep, Listener, Member, Members } from '../../src/broker/port.ts'
import type { Page, Position, Range } from '../../src/broker/port.ts'
import type { SyncBroker } from '../../src/broker/sync.ts'

/** All that was ever published, whether a store has it still or not: what clients are told is compared to it. */
export class Log {
  readonly #newest = new Map<string, Position>()
  readonly #epochs = new Map<string, Map<string, string[]>>()

  /** Writes down what a store does. */
  of(broker: SyncBroker): SyncBroker {
    return new Recorded(broker, this)
  }

  append(channel: string, [epoch, offset]: Position, body: string): void {
    const bodies = this.#bodies(channel, epoch)
    if (bodies.length !== offset - 1) {
      throw new Error(`${channel}: offset ${offset} after ${bodies.length} in ${epoch}`)
    }
    bodies.push(body)
    this.#newest.set(channel, [epoch, offset])
  }

  see(channel: string, position: Position): void {
    this.#bodies(channel, position[0])
    this.#newest.set(channel, position)
  }

  /** Where the channel is, for a store that loses nothing. */
  newest(channel: string): Position | undefined {
    return this.#newest.get(channel)
  }

  /** What was published there, as JSON. */
  at(channel: string, epoch: string, offset: number): string | undefined {
    return this.#epochs.get(channel)?.get(epoch)?.[offset - 1]
  }

  isReal(channel: string, [epoch, offset]: Position): boolean {
    const bodies = this.#epochs.get(channel)?.get(epoch)
    return bodies !== undefined && offset >= 0 && offset <= bodies.length
  }

  #bodies(channel: string, epoch: string): string[] {
    let epochs = this.#epochs.get(channel)
    if (!epochs) this.#epochs.set(channel, (epochs = new Map()))
    let bodies = epochs.get(epoch)
    if (!bodies) epochs.set(epoch, (bodies = []))
    return bodies
  }
}

class Recorded implements SyncBroker {
  readonly local = true
  readonly #broker: SyncBroker
  readonly #log: Log

  constructor(broker: SyncBroker, log: Log) {
    this.#broker = broker
    this.#log = log
  }

  now(): number {
    return this.#broker.now()
  }

  publish(channel: string, draft: Draft, keep?: Keep): Position | undefined {
    if (!keep) return this.#broker.publish(channel, draft)
    // Before it is told: whoever hears of it compares.
    const { position } = this.#broker.read(channel, { maxCount: 0, maxBytes: 0 }, keep)
    const [epoch, top] = position
    this.#log.append(channel, [epoch, top + 1], draft.body)
    return this.#broker.publish(channel, draft, keep)
  }

  read(channel: string, range: Range, keep: Keep): Page {
    const page = this.#broker.read(channel, range, keep)
    this.#log.see(channel, page.position)
    return page
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
    this.#broker.announced?.(channel, version)
  }

  close(): void {
    this.#broker.close()
  }
}

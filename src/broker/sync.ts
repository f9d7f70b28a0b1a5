import type {
  Broker,
  Draft,
  Keep,
  Listener,
  Member,
  Members,
  Page,
  Position,
  Range,
} from './port.ts'

/** A broker that answers at once: all that it keeps is in reach of the process, and nobody else's. */
export interface SyncBroker extends Broker {
  readonly local: true
  publish(channel: string, draft: Draft, keep?: Keep): Position | undefined
  read(channel: string, range: Range, keep: Keep): Page
  subscribe(channel: string, listener: Listener): () => void
  enter(channel: string, member: Member, ttlMs: number): void
  exit(channel: string, key: string): void
  members(channel: string): Members
  close(): void
}

/** Of 48 random bits: no epoch comes twice on a channel. */
export function randomEpoch(): string {
  return crypto.randomUUID().slice(-12)
}

export function checkLimit(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new RangeError(`Cannot use ${value} as ${name}: write a positive whole number`)
}

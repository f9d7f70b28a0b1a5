import type { Awaitable, Broker } from '../../broker/port.ts'

/** A broker, and what a test may do with it. */
export interface MadeBroker {
  readonly broker: Broker
  /** Moves its clock on, which stands still otherwise. Absent: it follows real time, and tests wait. */
  advance?(ms: number): Awaitable<unknown>
  /** Another process's broker of the same channels; for one that is `shared`. */
  other?(): Awaitable<Broker>
  /** Ends the process as by SIGKILL; what a later one opens. For one that is `durable`. */
  restart?(): Awaitable<Broker>
  /** Cleans up. */
  end?(): Awaitable<unknown>
}

/** What a broker can do. All is well by default; one that cannot names the limit here. */
export interface BrokerCapabilities {
  /**
   * What is published is heard once and in order. `'lossy'`: it may be lost, come twice or in another
   * order, and only what is read counts. @default 'exact'
   */
  delivery: 'exact' | 'lossy'
  /** Bounds hold at once, and to the publication. `'about'`: more may be kept for a while. @default 'exact' */
  bounds: 'exact' | 'about'
  /** What was published outlives the process. @default false */
  durable: boolean
  /** Several processes use it at a time. @default false */
  shared: boolean
  /** Tests can move its clock. @default true */
  clock: boolean
}

/** The broker that is to be tested. */
export interface BrokerTarget {
  readonly name: string
  /** Makes one that knows no channel. */
  make(): Awaitable<MadeBroker>
  readonly capabilities?: Partial<BrokerCapabilities>
}

import type { Awaitable, Broker, Member } from '../../broker/port.ts'
import { isThenable } from '../../connection/compose.ts'
import type { Timers } from '../../runtime/port.ts'
import type { Entry } from './entry.ts'
import { Line } from './line.ts'

/** In other processes a member ends so long after it was announced last. */
const TTL_MS = 60_000
const REPEAT_MS = 25_000

/** What presence needs of those around it. */
export interface PresenceHost {
  readonly timers: Timers
  readonly broker: Broker
  /** A frame to everyone on the channel. */
  tell(frame: string): void
  /** The broker has failed; presence goes on. */
  onError(error: unknown): void
  /** Nobody is here, and nobody is awaited. */
  onEmpty?(): void
  /** Where the process may sleep: has `tick` called at that time, by the clock of `timers`. */
  wakeAt?(at: number): void
}

/** Keeps a broker informed of the members of this process: what gets lost is said again. */
export class Announcements {
  readonly #address: string
  readonly #host: PresenceHost
  readonly #leftMs: (entry: Entry) => number | undefined
  readonly #repeats: Line<Entry>
  /** Connections known to be over, for as long as they may still be announced. */
  readonly #over: Line<string>
  #stopped = false

  /** `leftMs`: how long an entry is kept whose connection is lost. */
  constructor(address: string, host: PresenceHost, leftMs: (entry: Entry) => number | undefined) {
    this.#address = address
    this.#host = host
    this.#leftMs = leftMs
    this.#repeats = new Line(host.timers, REPEAT_MS, (entry) => this.#repeat(entry))
    this.#over = new Line(host.timers, TTL_MS, () => {})
  }

  enter(entry: Entry): void {
    const { broker } = this.#host
    this.#over.delete(nameOf(entry))
    const repeat = (): void => {
      if (!broker.local) this.#repeats.add(entry)
    }
    this.#ask(() => broker.enter(this.#address, this.#memberOf(entry), TTL_MS), repeat)
    if (!broker.remembers) repeat()
  }

  exit(entry: Entry): void {
    this.over(entry)
    this.#exit(entry)
  }

  /** It is for another process to announce it. */
  release(entry: Entry): void {
    this.#repeats.delete(entry)
  }

  /** What is still heard of this connection is late. */
  over(entry: Entry): void {
    const { local, remembers } = this.#host.broker
    if (!local && !remembers) this.#over.add(nameOf(entry))
  }

  isLate(member: Member): boolean {
    return this.#over.has(nameOf(member))
  }

  said(version: number): void {
    this.#ask(() => this.#host.broker.announced?.(this.#address, version))
  }

  stop(): void {
    this.#stopped = true
    this.#repeats.stop()
    this.#over.stop()
  }

  #repeat(entry: Entry): void {
    if (entry.own) this.enter(entry)
    else if (this.isLate(entry)) this.#exit(entry)
  }

  #exit(entry: Entry): void {
    const { broker } = this.#host
    this.#ask(
      () => broker.exit(this.#address, entry.key),
      () => {
        if (!broker.local && !this.#stopped) this.#repeats.add(entry)
      },
    )
  }

  #memberOf(entry: Entry): Member {
    const { key, meta, connection, turn, since } = entry
    const [secret, earlier] = entry.secrets
    const leftMs = this.#leftMs(entry)
    return {
      key,
      meta,
      connection,
      ...(secret !== undefined && { secret }),
      ...(earlier !== undefined && { earlier }),
      ...(turn > 0 && { turn }),
      ...(since > -Infinity && { sinceMs: since }),
      ...(leftMs !== undefined && { untilMs: this.#host.broker.now() + leftMs }),
    }
  }

  #ask(act: () => Awaitable<void>, failed?: () => void): void {
    const fail = (error: unknown): void => {
      failed?.()
      this.#host.onError(error)
    }
    try {
      const asked = act()
      if (isThenable(asked)) asked.then(undefined, fail)
    } catch (error) {
      fail(error)
    }
  }
}

/** A connection may come again, under another key. */
function nameOf({ key, connection }: Member): string {
  return `${connection} ${key}`
}

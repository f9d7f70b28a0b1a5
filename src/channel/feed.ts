import type {
  Awaitable,
  Broker,
  Keep,
  Listener,
  Missing,
  Page,
  Position,
  Publication,
  Range,
} from '../broker/port.ts'
import { isThenable } from '../connection/compose.ts'
import { Waiting, wheelOf } from '../connection/deadlines.ts'
import { SocketError } from '../errors.ts'
import type { Timers } from '../runtime/port.ts'
import { rules } from './rules.ts'
import { Tail } from './tail.ts'

/** More than this a client does not recover at once: it begins anew. */
export const RECOVERS: { readonly maxCount: number; readonly maxBytes: number } = {
  maxCount: 256,
  maxBytes: 256 * 1024,
}
/** The same for a process. */
const CATCHES_UP = { maxCount: 4096, maxBytes: 4 * 1024 * 1024 }
const NOTHING = { maxCount: 0, maxBytes: 0 }

/** How often it is looked whether something was lost on the way, in milliseconds. */
const CHECK_MS = 40_000
/** After which time a broker that failed is asked again. */
const RETRY_MS = 1000

/** How a client wants to come to a channel. */
export interface Ask {
  /** What it had last. */
  readonly since?: Position | undefined
  /** How much it wants of what was said before. */
  readonly last?: number | undefined
  /** What it was given to prove that it was here before. */
  readonly resume?: string | undefined
}

/** What a client that joins is told. */
export interface Recovery {
  readonly position: Position
  readonly publications: readonly Publication[]
  readonly missing: Missing | undefined
}

/** Whom a feed tells. */
export interface Outlet {
  readonly timers: Timers
  /** Hears of the channel in place of the feed, and passes on what is published. */
  readonly listener: Listener
  /** To all who are on the channel. */
  deliver(publication: Publication): void
  /** Takes all off the channel, for they have missed something. */
  gap(reason: Missing): void
  failed(error: unknown): void
}

/**
 * What a channel with history says in this process, without a hole: whoever is on the channel has all
 * that was published up to one common position.
 */
export class Feed extends Waiting {
  readonly #address: string
  readonly #broker: Broker
  readonly #keep: Keep
  readonly #outlet: Outlet
  #position: Position | undefined
  #attaching: Awaitable<void> | undefined
  #stop: (() => void) | undefined
  /** It has listened before the process slept, and its broker remembers. */
  #restored = false
  #ended = false
  #catching: Promise<void> | undefined
  /** Something came while it was not known whether it is the next. */
  #dirty = false
  /** What a join that has read the history needs of what was delivered since. */
  readonly #tail = new Tail(RECOVERS)

  constructor(address: string, broker: Broker, keep: Keep, outlet: Outlet) {
    super()
    this.#address = address
    this.#broker = broker
    this.#keep = keep
    this.#outlet = outlet
  }

  /** Listens from now on, and knows where the channel is. */
  attach(): Awaitable<void> {
    return (this.#attaching ??= this.#attach())
  }

  #attach(): Awaitable<void> {
    const failed = (error: unknown): never => {
      this.#attaching = undefined
      if (!this.#restored) this.#detach()
      throw this.#unavailable(error)
    }
    try {
      const attached = after(
        this.#broker.subscribe(this.#address, this.#outlet.listener),
        (stop) => {
          this.#stop = stop
          if (this.#position) return undefined
          return after(this.#read(NOTHING), ({ position }) => this.#begin(position))
        },
      )
      return isThenable(attached) ? Promise.resolve(attached).catch(failed) : attached
    } catch (error) {
      return failed(error)
    }
  }

  /** Listens as before the process slept; where the channel is will be told. */
  restore(): void {
    this.#restored = true
    this.#stop = this.#broker.subscribe(this.#address, this.#outlet.listener, true) as () => void
  }

  /** All who are on the channel have what was published up to there. */
  resumed(position: Position): void {
    if (!this.#position) void this.#begin(position)
  }

  /** Whether it is for the feed to look for what was lost. */
  get #looks(): boolean {
    return !this.#broker.local && !this.#broker.remembers
  }

  #begin(position: Position): Awaitable<void> {
    if (this.#ended) {
      this.#detach()
      return undefined
    }
    this.#position = position
    if (this.#looks) this.#wait(CHECK_MS * (0.5 + this.#outlet.timers.random() / 2))
    return this.#dirty ? this.#catchUp() : undefined
  }

  /** Nobody is on the channel any more. */
  end(): void {
    this.#ended = true
    wheelOf(this.#outlet.timers).delete(this)
    this.#detach()
  }

  #detach(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  published(publication: Publication, epoch: string): void {
    const position = this.#position
    if (!position || this.#catching) {
      this.#dirty = true
      return
    }
    const [own, top] = position
    const known = epoch === own || !rules.epochs
    if (known && (publication.offset === top + 1 || (!rules.gaps && publication.offset > top))) {
      this.#deliver(publication)
    } else if (!known || publication.offset > top) void this.#catchUp()
  }

  #deliver(publication: Publication): void {
    this.#position = [this.#position![0], publication.offset]
    if (!this.#broker.local) this.#tail.push(publication)
    this.#outlet.deliver(publication)
  }

  /** Gets what this process has missed; if that is gone, all begin anew. */
  #catchUp(): Awaitable<void> {
    if (this.#catching) return this.#catching
    this.#dirty = false
    let caught
    try {
      caught = after(this.#read({ since: this.#position!, ...CATCHES_UP }), (page) =>
        this.#take(page),
      )
    } catch (error) {
      this.#retry(error)
      return undefined
    }
    if (!isThenable(caught)) return this.#again()
    const done = Promise.resolve(caught)
      .catch((error: unknown) => this.#retry(error))
      .then(() => {
        this.#catching = undefined
        return this.#again()
      })
    this.#catching = done
    return done
  }

  #again(): Awaitable<void> {
    return this.#dirty && !this.#ended ? this.#catchUp() : undefined
  }

  #take({ position, publications, missing }: Page): void {
    if (this.#ended) return
    if (missing) {
      this.#position = position
      this.#tail.clear()
      this.#outlet.gap(missing)
      return
    }
    for (const each of publications) {
      if (each.offset === this.#position![1] + 1) this.#deliver(each)
    }
  }

  #retry(error: unknown): void {
    this.#outlet.failed(error)
    if (!this.#ended) this.#wait(RETRY_MS * (1 + this.#outlet.timers.random()))
  }

  #wait(ms: number): void {
    const { timers } = this.#outlet
    wheelOf(timers).set(this, timers.now() + ms)
  }

  /** The last publication may have been lost: nothing that follows would tell. */
  expire(): void {
    if (this.#looks) this.#wait(CHECK_MS)
    if (rules.positions) void this.#catchUp()
  }

  /**
   * What a client has missed. The result has to be asked in the moment in which the client is put on the
   * channel: from then on it has what all have.
   *
   * @throws {SocketError} `unavailable` if the history is out of reach
   */
  recover(ask: Ask): Awaitable<() => Recovery> {
    return after(this.attach(), () => {
      if (this.#broker.local) return () => this.#merge(ask, this.#read(rangeOf(ask)) as Page)
      return this.#recoverFar(ask)
    })
  }

  async #recoverFar(ask: Ask): Promise<() => Recovery> {
    try {
      for (let tries = 0; tries < 3; tries++) {
        const page = await this.#read(rangeOf(ask))
        if (this.#isBehind(page)) await this.#catchUp()
        if (!this.#isBehind(page)) return () => this.#merge(ask, page)
      }
    } catch (error) {
      throw this.#unavailable(error)
    }
    throw UNAVAILABLE
  }

  #isBehind({ position: [epoch, top] }: Page): boolean {
    const [own, at] = this.#position!
    return (rules.epochs && epoch !== own) || top > at
  }

  #merge(ask: Ask, page: Page): Recovery {
    const position = this.#position!
    if (this.#isBehind(page)) throw UNAVAILABLE
    let { missing } = page
    if (missing) {
      return { position, publications: [], missing: rules.whole ? missing : undefined }
    }
    const since = this.#tail.since(page.position[1], position[1])
    const all = since && [...page.publications, ...since]
    // Who begins gets no more than it asks for, though more has come meanwhile.
    const publications = ask.since ? all : all?.slice(Math.max(all.length - (ask.last ?? 0), 0))
    if (publications && publications.length <= RECOVERS.maxCount) {
      return { position, publications, missing }
    }
    if (ask.since) missing = 'too_many'
    return { position, publications: [], missing }
  }

  #read(range: Range): Awaitable<Page> {
    return this.#broker.read(this.#address, range, this.#keep)
  }

  #unavailable(error: unknown): SocketError {
    this.#outlet.failed(error)
    return UNAVAILABLE
  }
}

const UNAVAILABLE = new SocketError('unavailable', 'the history is out of reach', {
  retryAfterMs: RETRY_MS,
})

function rangeOf({ since, last }: Ask): Range {
  if (since) return { since, ...RECOVERS }
  return last === undefined ? NOTHING : { last, ...RECOVERS }
}

/** Goes on with a value, at once if it is there. */
export function after<T, R>(value: Awaitable<T>, then: (value: T) => Awaitable<R>): Awaitable<R> {
  return isThenable(value) ? Promise.resolve(value).then(then) : then(value)
}

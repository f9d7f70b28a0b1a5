import type { SocketError } from '../errors.ts'
import { CloseCode, REFUSAL_CODES } from '../protocol/close-codes.ts'
import { Waiting, wheelOf } from './deadlines.ts'
import { type Follower, followersOf } from './followers.ts'
import { Heartbeat, beatOf } from './heartbeat.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Route } from './routes.ts'

const NOBODY: readonly Follower[] = []

/** Signs of life are all that may come before what is waited for. */
function isSign(data: string | Uint8Array): boolean {
  return data === 'ping' || data === 'pong'
}

/** All that follow the plan of one connection. */
export class Following extends Waiting {
  readonly #c: Lifecycle
  readonly #all: Follower[]
  /** Those who look at messages. */
  readonly #takers: readonly Follower[]

  /** @throws {TypeError} if a policy is not part of this program */
  constructor(c: Lifecycle) {
    super()
    const { transport, snapshot } = c
    this.#c = c
    this.#all = followersOf(c, snapshot.follows)
    // Who holds the connection back looks first: what it takes is no business of the others.
    const first = this.#all.filter(({ holds }) => holds)
    const takers = [...first, ...this.#all.filter((each) => !first.includes(each))]
    this.#takers = takers.some(({ take }) => take) ? takers : NOBODY
    if (transport.ping) this.#all.push(new Heartbeat(c, beatOf(snapshot.follows)))
  }

  /** Does what is due, and waits for what is next. */
  tick(): void {
    const { transport } = this.#c
    const now = transport.timers.now()
    let next = Infinity
    for (const follower of this.#all) {
      if (this.#c.closed) return
      if (follower.tick) next = Math.min(next, follower.tick(now))
    }
    if (next === Infinity || this.#c.closed) return
    if (transport.wakeAt) transport.wakeAt(next)
    else wheelOf(transport.timers).set(this, next)
  }

  expire(): void {
    this.tick()
  }

  stop(): void {
    wheelOf(this.#c.transport.timers).delete(this)
  }

  /** Whether `open` has to wait. */
  get holds(): boolean {
    return this.#all.some(({ holds }) => holds)
  }

  /** What is added to the welcome. */
  get welcome(): object {
    return Object.assign({}, ...this.#all.map(({ welcome }) => welcome)) as object
  }

  /** What is said to a message: it is taken, refused, or goes on. */
  take(data: string | Uint8Array): true | SocketError | undefined {
    for (const follower of this.#takers) {
      const verdict = follower.take?.(data)
      if (!verdict) continue
      if (verdict === true || !this.holds || !isSign(data)) return verdict
      // Nothing stands before it, and an answer could wait for long.
      const { code, message } = verdict
      this.#c.close(REFUSAL_CODES.get(code) ?? CloseCode.internalError, message)
      return true
    }
    return undefined
  }

  /** The same for each frame of an array but the first. */
  takeFrame(): SocketError | undefined {
    for (const follower of this.#takers) {
      const refusal = follower.takeFrame?.()
      if (refusal) return refusal
    }
    return undefined
  }

  /** A request that a policy answers. */
  routeOf(type: string): Route | undefined {
    for (const { routes } of this.#all) if (routes?.has(type)) return routes.get(type)
    return undefined
  }
}

import { Connection } from '../../connection/connection.ts'
import type { Follower } from '../../connection/followers.ts'
import type { Lifecycle } from '../../connection/lifecycle.ts'
import type { Route } from '../../connection/routes.ts'
import { CloseCode } from '../../protocol/close-codes.ts'
import { decode, exceeds } from '../../protocol/codec.ts'
import { MAX_FRAMES, reauthFrame, replyFrame } from '../../protocol/frame.ts'
import { EXPIRED, MAX_BYTES, ROUTES, TOO_MANY, type Watch, watchesOf } from './auth.ts'
import { type Found, type Pass, type Tried, isOver, tryOut } from './pass.ts'

/** The name under which plans have it, before a number. */
export const CREDENTIAL = 'credential'

/** What is wrong with a policy that waits for a frame. */
export const NO_FRAMES =
  'Cannot wait for a frame of a raw socket: set another place in from of credential()'

/** What may wait for the first credential to be verified: nobody knows yet whose it is. */
const MAX_EARLY = 16
const MAX_EARLY_BYTES = 64 * 1024

/** What is stored with a connection. */
export interface Setting {
  subject?: string
  expiresInMs?: number
  /** Not here yet. */
  pending?: true
  /** Where the handshake came from, for who has failed. */
  readonly who?: string
  /** By the clock of the connection: when the credential expires, or has to be there. */
  at?: number
  /** A new one was asked for. */
  asked?: true
}

/** Watches over the credential of one connection. */
export class Guard implements Follower, Watch {
  readonly routes: ReadonlyMap<string, Route> = ROUTES
  readonly #c: Lifecycle
  readonly #pass: Pass
  readonly #setting: Setting
  #verifying = false
  #early = 0
  #earlyBytes = 0

  constructor(c: Lifecycle, pass: Pass, setting: Setting) {
    this.#c = c
    this.#pass = pass
    this.#setting = setting
    const waitMs = setting.pending ? pass.frameMs : setting.expiresInMs
    if (waitMs !== undefined) setting.at ??= this.#now() + waitMs
    if (setting.pending) {
      if (!(c instanceof Connection)) {
        throw new TypeError(NO_FRAMES)
      }
    }
    watchesOf(c).push(this)
  }

  /** `open` waits for the credential. */
  get holds(): boolean {
    return this.#setting.pending === true
  }

  get welcome(): object | undefined {
    const at = Math.min(...watchesOf(this.#c).map((each) => each.at ?? Infinity))
    return at === Infinity ? undefined : { expires: Math.round(at - this.#now()) }
  }

  take(data: string | Uint8Array): true | undefined {
    // An alarm may be late by far: nothing is heard after the end.
    if (this.#c.transport.wakeAt && this.#now() >= this.#endAt) {
      this.tick(this.#now())
      return true
    }
    if (!this.#setting.pending || data === 'ping' || data === 'pong') return undefined
    if (this.#verifying) return this.#wait(data)
    if (typeof data === 'string' ? exceeds(data, MAX_BYTES) : data.length > MAX_BYTES) {
      this.#c.close(CloseCode.tooBig, `at most ${MAX_BYTES} bytes before a credential`)
      return true
    }
    const value = typeof data === 'string' ? decode(data) : undefined
    const [first, ...rest] = (Array.isArray(value) ? value : [value]) as [Partial<First>?]
    const { type, id = 0, token } = first ?? {}
    const fits = Number.isSafeInteger(id) && id >= 0 && rest.length < MAX_FRAMES
    if (type !== '$auth' || typeof token !== 'string' || !fits) {
      this.#c.close(CloseCode.unauthenticated, 'a credential comes first')
      return true
    }
    this.#verifying = true
    this.#first(token, id, rest).catch((error: unknown) => this.#c.crash(error, 'verify'))
    return true
  }

  #wait(data: string | Uint8Array): true | undefined {
    this.#earlyBytes += data.length
    if (++this.#early <= MAX_EARLY && this.#earlyBytes <= MAX_EARLY_BYTES) return undefined
    this.#c.close(CloseCode.overloaded, 'too many messages before a credential')
    return true
  }

  async #first(token: string, id: number, rest: readonly unknown[]): Promise<void> {
    const c = this.#c as Connection
    const setting = this.#setting
    const tried = await this.try(token)
    tried?.end()
    const found = tried?.found
    if (!tried) c.close(CloseCode.rateLimited, TOO_MANY)
    else if (!found) c.close(CloseCode.unauthenticated, 'the credential is not valid')
    else if (isOver(found)) c.close(CloseCode.expired, EXPIRED)
    if (!found || c.closed) return
    delete setting.pending
    this.renew(found)
    c.snapshot.last = id
    c.putBack(rest.map((frame) => (typeof frame === 'string' ? null : frame)))
    c.setState(found.value)
    c.proceed()
    if (id > 0) c.write(replyFrame(id, { expires: found.expiresInMs ?? null }))
    c.tick()
  }

  try(token: string): Promise<Tried | undefined> {
    const { env, transport } = this.#c as Connection
    return tryOut(this.#pass, this.#who, token, env, transport.timers)
  }

  get tooMany(): boolean {
    return this.#pass.failures.tooMany(this.#who, this.#now())
  }

  get at(): number | undefined {
    return this.#setting.at
  }

  get subject(): string | undefined {
    return this.#setting.subject
  }

  get #who(): string {
    return this.#setting.who ?? this.#c.id
  }

  renew({ subject, expiresInMs }: Found): void {
    const setting = this.#setting
    setting.subject = subject
    delete setting.at
    delete setting.asked
    if (expiresInMs !== undefined) {
      setting.expiresInMs = expiresInMs
      setting.at = this.#now() + expiresInMs
    }
    this.#c.transport.persist?.(this.#c.snapshot)
  }

  /** When the connection ends, unless a new credential comes. */
  get #endAt(): number {
    const { at = Infinity, pending } = this.#setting
    return pending ? at : at + this.#pass.graceMs
  }

  tick(now: number): number {
    const { at, pending, asked, expiresInMs = 0 } = this.#setting
    const endAt = this.#endAt
    if (at === undefined) return Infinity
    if (now >= endAt) {
      if (pending) this.#c.close(CloseCode.authTimeout, 'no credential in time')
      else this.#c.close(CloseCode.expired, EXPIRED)
      return Infinity
    }
    if (pending || asked) return endAt
    // Of a short life the second half.
    const { warnMs } = this.#pass
    const warnAt = at - Math.min(warnMs, expiresInMs / 2 || warnMs)
    if (now < warnAt) return warnAt
    this.#setting.asked = true
    this.#c.transport.persist?.(this.#c.snapshot)
    if (this.#c instanceof Connection) this.#c.write(reauthFrame(endAt - now))
    return endAt
  }

  #now(): number {
    return this.#c.transport.timers.now()
  }
}

interface First {
  readonly type: unknown
  readonly id: number
  readonly token: unknown
}

import { Attempt, type Caller, type Frame } from './attempt.ts'
import { Pace, type Span, spanOf } from './backoff.ts'
import { verdictOf } from './closes.ts'
import { type CredentialPlace, offer } from './credential.ts'
import type { Io } from './line.ts'
import type { Rules } from './rules.ts'

/** A connection that has lasted so long, in milliseconds, was a success. */
const LASTED_MS = 5000

/** `waiting`: for the next attempt. `closed`: for good. */
export type Status = 'connecting' | 'open' | 'waiting' | 'closed'

/** Why there is no connection. */
export interface Why {
  readonly code: number
  readonly reason: string
}

/** How a connection comes about, and comes back. */
export interface CallOptions {
  /**
   * Asked before every attempt, and when the server wants a new one. `renew`: the last one was refused or ends
   * soon, so to give it again is no use.
   */
  credential?: (renew: boolean) => string | Promise<string>
  /** Where it goes. @default {'subprotocol'} */
  credentialIn?: CredentialPlace
  /** Pauses between attempts, in milliseconds: how they begin, and how far they grow. @default {{ minMs: 500, maxMs: 20000 }} */
  backoff?: { minMs?: number; maxMs?: number }
}

/** Who has something to say and to hear on a connection. */
export interface Plug {
  opened?(): void
  /** Whether the frame was for it. */
  heard(frame: Frame): boolean
  lost?(code: number): void
}

/** A connection that comes back until it is closed, or told to stay away. */
export class Call implements Caller {
  readonly io: Io
  readonly rules: Rules
  /** Asked in order. */
  readonly plugs: Plug[] = []
  /** Where there is one to speak on. */
  line: Attempt | undefined
  status: Status = 'connecting'
  /** Proves to the server that who comes back has been there. */
  resume: string | undefined
  maxBytes = 65_536
  readonly #url: string
  readonly #options: CallOptions
  readonly #told: (status: Status, why?: Why) => void
  readonly #pace: Pace
  #attempt: Attempt | undefined
  #openedAt = Infinity
  /** When the server has said that one may come back; `false`: never. */
  #bye: Span | false | undefined
  /** The next credential has to be a new one. */
  #renew = false
  /** It was asked for, and no connection has lasted since. */
  #renewed = false
  /** Whether the pause may be cut short. */
  #patient = false
  #cancel = (): void => {}

  constructor(
    url: string,
    options: CallOptions,
    io: Io,
    rules: Rules,
    told: (status: Status, why?: Why) => void,
  ) {
    this.io = io
    this.rules = rules
    this.#url = url
    this.#options = options
    this.#told = told
    this.#pace = new Pace(io.timers.random, options.backoff?.minMs, options.backoff?.maxMs)
  }

  /** Makes the first attempt. */
  start(): void {
    void this.#dial()
  }

  /** Looks whether the connection still is one, or tries sooner to have one. */
  check(): void {
    if (this.#attempt) this.#attempt.check()
    else if (this.status === 'waiting' && !this.#patient) {
      this.#patient = true
      this.#redial(this.#pace.first())
    }
  }

  close(code: number, reason: string): void {
    if (this.status === 'closed') return
    this.#attempt?.end(code, reason)
    this.#cancel()
    this.#gone('closed', { code, reason })
  }

  opened(attempt: Attempt, protocol: string): void {
    this.line = attempt
    this.#openedAt = this.io.timers.now()
    // Others are welcomed.
    if (protocol === '') this.#set('open')
    for (const plug of this.plugs) plug.opened?.()
  }

  heard(frame: Frame): void {
    const { type, retry } = frame
    if (type === '$welcome') this.#welcomed(frame)
    else if (type === '$bye') {
      this.line = undefined
      this.#bye = retry === false ? retry : spanOf(retry)
    } else this.plugs.some((plug) => plug.heard(frame))
  }

  ended(code: number, reason: string, ours: boolean): void {
    const { timers } = this.io
    if (timers.now() - this.#openedAt >= LASTED_MS) {
      this.#pace.reset()
      this.#renewed = false
    }
    let verdict = ours ? 'retry' : verdictOf(code)
    if (verdict === 'renew') {
      if (this.#renewed) verdict = 'stop'
      this.#renew = this.#renewed = true
    }
    const bye = this.#bye
    if (bye === false || verdict === 'stop') return this.#gone('closed', { code, reason })
    const slow = verdict === 'slow'
    // An expired credential is nobody's fault.
    const asked = bye ?? (code === 4101 ? ([0, 0] as const) : undefined)
    this.#patient = slow || !!asked
    this.#redial(this.#pace.next(slow, asked))
    this.#gone('waiting', { code, reason })
  }

  /** At once, if no credential is to be waited for. */
  async #dial(): Promise<void> {
    const attempt = (this.#attempt = new Attempt(this))
    this.#set('connecting')
    const { credential, credentialIn } = this.#options
    try {
      const token = credential && (await credential(this.#renew))
      this.#renew = false
      attempt.dial(offer(this.#url, credentialIn, token))
    } catch (error) {
      attempt.fail(1006, String(error))
    }
  }

  #redial(pause: number): void {
    this.#cancel()
    this.#cancel = this.io.timers.after(pause, () => void this.#dial())
  }

  #welcomed({ beat, wait, resume, limits }: Frame): void {
    this.#attempt?.tune(beat, wait)
    if (typeof resume === 'string') this.resume = resume
    const { message } = Object(limits)
    if (message > 0) this.maxBytes = Number(message)
    this.#set('open')
  }

  #gone(status: Status, why: Why): void {
    this.line = this.#attempt = this.#bye = undefined
    this.#openedAt = Infinity
    this.status = status
    for (const plug of this.plugs) plug.lost?.(why.code)
    // Somebody may have closed meanwhile.
    if (this.status === status) this.#told(status, why)
  }

  #set(status: Status): void {
    this.status = status
    this.#told(status)
  }
}

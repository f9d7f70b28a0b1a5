import { JSON_PROTOCOL } from '../protocol/subprotocol.ts'
import { type Attempt, type Frame, type Offer, attempt } from './attempt.ts'
import { type Backoff, LASTED_MS, type Span, pauses, spanOf } from './backoff.ts'
import type { Credential } from './credential.ts'
import { type Emitter, emitter } from './emitter.ts'
import { errorOf } from './errors.ts'
import type { Io } from './line.ts'
import type { Queue } from './queue.ts'
import { type Requests, requests } from './requests.ts'
import type { Off } from './rules.ts'

/** `waiting`: for the next attempt. `closed`: for good. */
export type Status = 'connecting' | 'open' | 'waiting' | 'closed'

/** Why there is no connection. */
export interface Why {
  readonly code: number
  readonly reason: string
  /** Milliseconds until it is tried again; while `waiting`. It may be sooner, when the network or the page is back. */
  readonly retryAfterMs?: number
}

/** Options of a client. */
export interface SocketOptions {
  /** Proves who one is. */
  credential?: Credential
  /** Pauses between attempts. */
  backoff?: Backoff
  /** What may wait for a connection. @default at most 128 messages and requests, messages for a minute */
  queue?: Queue
}

/** Who has something to say and to hear on a connection. */
export interface Plug {
  opened(): void
  /** Whether the frame was for it. */
  heard(frame: Frame): boolean
  lost(code: number): void
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * A connection that comes back until it is closed, or told to stay away. Emits events by their type, `$status`
 * and `$error`.
 */
export class Call {
  declare readonly io: Io
  declare readonly off: Off
  /** Asked in order. */
  declare readonly plugs: Plug[]
  declare readonly requests: Requests
  /** Where there is one to speak on. */
  declare readonly line: Attempt | undefined
  declare readonly status: Status
  /** Proves to the server that who comes back has been there. */
  declare readonly resume: unknown
  /** What remembers requests with a key, where this connection has ended up. */
  declare keys: string | undefined
  /** Bytes that the server takes in one message. */
  declare readonly maxBytes: number
  /** Hears an event of the server. The result ends it. */
  declare readonly on: Emitter['on']
  declare readonly emit: Emitter['emit']
  /** Looks whether the connection still is one, or tries sooner to have one: for when the network or the page is back. */
  declare readonly check: () => void
  declare readonly end: (code: number, reason: string) => void

  constructor(url: string, { credential, backoff, queue }: SocketOptions, io: Io, off: Off = {}) {
    let current: Attempt | undefined
    const rest = pauses(io.timers, backoff)
    /** How long one is asked to wait; `false`: for ever. The pause may be cut short where nobody has asked. */
    let asked: Span | false | undefined
    /** The next credential has to be a new one. */
    let renew = false
    /** It was asked for, and no connection has lasted since. */
    let renewed = false
    let cancel = (): void => {}

    const set = (status: Status, why?: Why): void => it.emit('$status', (it.status = status), why)
    const gone = (status: Status, why: Why): void => {
      it.line = current = undefined
      set(status, why)
      for (const plug of it.plugs) plug.lost(why.code)
    }
    const after = (ms: number, task: () => void): void => {
      cancel()
      cancel = io.timers.after(ms, task)
    }
    const redial = (): number => {
      const ms = rest.next(asked)
      after(ms, dial)
      return ms
    }

    const opened = (protocol: string): void => {
      it.line = current
      after(LASTED_MS, () => {
        rest.reset()
        renewed = false
      })
      // Others are welcomed.
      if (!protocol) set('open')
      for (const plug of it.plugs) plug.opened()
    }
    const heard = (frame: Frame): void => {
      const { type, id, channel, data, error } = frame
      if (type === '$welcome') {
        current!.start(frame.beat, frame.wait)
        it.resume = frame.resume
        it.keys = frame.keys as string
        const { message } = Object(frame.limits)
        if (message > 0) it.maxBytes = message
        set('open')
      } else if (type === '$bye') {
        it.line = undefined
        asked = (frame.retry && spanOf(frame.retry)) as typeof asked
      } else if (type === '$reauth') void credential?.reauth(it)
      else if (it.plugs.some((plug) => plug.heard(frame))) return
      else if (error && id === undefined) it.emit('$error', errorOf(error))
      else if (!channel && (type as string)?.[0] !== '$') it.emit(type as string, data)
    }
    const ended = (code: number, reason: string, ours?: boolean): void => {
      if (it.status === 'closed') return
      // Ranges decide, so that a code which is not known yet means something too.
      const range = Math.floor(code / 100)
      const stops = range === 40 || (range > 44 && range < 50)
      const renews = range === 41
      if (asked === false || (stops && !ours) || (renews && renewed)) {
        cancel()
        return gone('closed', { code, reason })
      }
      if (renews) renew = renewed = true
      // An expired credential is nobody's fault.
      if (code === 4101) asked ||= [0, 0]
      if (code === 1013) asked = rest.overload()
      gone('waiting', { code, reason, retryAfterMs: redial() })
    }
    /** At once, if no credential is to be waited for. */
    const dial = async (): Promise<void> => {
      asked = undefined
      set('connecting')
      try {
        const offer: Offer = { url, protocols: [JSON_PROTOCOL] }
        if (credential) await credential.offer(offer, renew)
        renew = false
        if (it.status !== 'closed') current = attempt(it, offer, opened, heard, ended)
      } catch (error) {
        ended(1006, `${error}`)
      }
    }

    const it: Mutable<Call> = Object.assign(this, {
      ...emitter(),
      io,
      off,
      plugs: [],
      maxBytes: 65_536,
      check() {
        if (current) current.check()
        else if (it.status === 'waiting' && !asked) {
          // Pauses begin anew, but not with each of many events.
          rest.reset()
          redial()
          asked = [0, 0]
        }
      },
      end(code: number, reason: string) {
        current?.end(code, reason)
        asked = false
        ended(code, reason)
      },
    })
    it.plugs.push((it.requests = requests(this, queue)))
    void dial()
  }
}

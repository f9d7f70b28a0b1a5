import { MALFORMED, decode } from '../protocol/codec.ts'
import { MAX_FRAMES, joinFrames } from '../protocol/frame.ts'
import type { Io, Line } from './line.ts'
import { Pulse } from './liveness.ts'
import type { Rules } from './rules.ts'

/** Longest that a socket may take to open, in milliseconds. */
const DIAL_MS = 15_000

/** A frame, of which nothing is known yet. */
export type Frame = Readonly<Record<string, unknown>>

/** Who wants the connection. */
export interface Caller {
  readonly io: Io
  readonly rules: Rules
  /** Bytes that the server takes in one message. */
  readonly maxBytes: number
  /** `protocol` is the negotiated one. */
  opened(attempt: Attempt, protocol: string): void
  heard(frame: Frame): void
  /** `ours`: the peer is not to blame, or has nothing to say any more. */
  ended(code: number, reason: string, ours: boolean): void
}

/** One try to have a connection, from the dial to the end. What comes after its end changes nothing. */
export class Attempt {
  readonly #caller: Caller
  readonly #pulse: Pulse
  #line: Line | undefined
  #open = false
  #over = false
  /** Whether several frames may share a message. */
  #joins = false
  #waiting: string[] = []
  #length = 0
  #cancel = (): void => {}

  constructor(caller: Caller) {
    this.#caller = caller
    this.#pulse = new Pulse(
      caller.io.timers,
      () => this.#line?.send('ping'),
      () => this.fail(4201, 'no traffic'),
    )
  }

  /** Says `first` before anything else. */
  dial(url: string, protocols: string[], first?: string): void {
    if (this.#over) return
    const { io, rules } = this.#caller
    const hear =
      <T extends unknown[]>(task: (...args: T) => void) =>
      (...args: T): void => {
        if (!this.#over || rules.superseded === false) task(...args)
      }
    this.#cancel = io.timers.after(DIAL_MS, () => this.fail(4201, 'not open in time'))
    try {
      this.#line = io.dial(url, protocols, {
        open: hear((protocol) => {
          this.#cancel()
          this.#open = true
          this.#joins = protocol !== ''
          this.#pulse.start()
          if (first) this.#say(first)
          this.#caller.opened(this, protocol)
        }),
        message: hear((data) => this.#message(data)),
        close: hear((code, reason) => {
          this.#end()
          this.#caller.ended(code, reason, false)
        }),
      })
    } catch (error) {
      this.fail(1006, String(error))
    }
  }

  /** Characters that are not on their way. */
  get backlog(): number {
    return this.#length + (this.#line?.bufferedAmount ?? 0)
  }

  /** What one turn has to say is said at once. */
  write(frame: string): void {
    this.#length += frame.length
    if (this.#waiting.push(frame) === 1) queueMicrotask(() => this.#flush())
  }

  /** Takes the server's heartbeat, where it makes sense. */
  tune(beatMs: unknown, waitMs: unknown): void {
    this.#pulse.start(beatMs, waitMs)
  }

  /** Whether the peer is there still. */
  check(): void {
    if (this.#open) this.#pulse.check()
  }

  /** Closes. Nobody is told. */
  end(code: number, reason: string): void {
    if (this.#over) return
    this.#flush()
    this.#end()
    this.#line?.close(code, reason)
  }

  /** Gives the connection up. */
  fail(code: number, reason: string): void {
    if (this.#over) return
    this.end(code, reason)
    this.#caller.ended(code, reason, true)
  }

  #end(): void {
    this.#over = true
    this.#cancel()
    this.#pulse.stop()
  }

  #message(data: unknown): void {
    this.#pulse.heard()
    if (data === 'pong') return
    if (data === 'ping') return this.#say('pong')
    const value = typeof data === 'string' ? decode(data) : MALFORMED
    const frames: unknown[] = Array.isArray(value) ? value : [value]
    for (const frame of frames) {
      if (typeof frame !== 'object' || !frame) return this.fail(4000, 'no frame')
      this.#caller.heard(frame as Frame)
      if (this.#over && this.#caller.rules.superseded !== false) return
    }
  }

  #flush(): void {
    const most = this.#joins ? MAX_FRAMES : 1
    // A character has at most three bytes.
    const room = this.#caller.maxBytes / 4
    let frames: string[] = []
    let length = 0
    for (const frame of this.#waiting) {
      if (frames.length === most || (length && length + frame.length > room)) {
        this.#say(joinFrames(frames))
        frames = []
        length = 0
      }
      frames.push(frame)
      length += frame.length
    }
    if (length) this.#say(joinFrames(frames))
    this.#waiting = []
    this.#length = 0
  }

  #say(text: string): void {
    if (this.#over) return
    this.#pulse.said()
    this.#line?.send(text)
  }
}

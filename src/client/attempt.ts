import { MAX_FRAMES, joinFrames } from '../protocol/frame.ts'
import type { Offer } from './credential.ts'
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
  /** Frames that may share a message; none before it is open. */
  #most = 0
  #over = false
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

  /** @throws whatever the dial does */
  dial({ url, protocols, first }: Offer): void {
    if (this.#over) return
    const { io, rules } = this.#caller
    const hear =
      <T extends unknown[]>(task: (...args: T) => void) =>
      (...args: T): void => {
        if (!this.#over || rules.superseded === false) task(...args)
      }
    this.#cancel = io.timers.after(DIAL_MS, () => this.fail(4201, 'not open in time'))
    this.#line = io.dial(url, protocols, {
      open: hear((protocol) => {
        this.#cancel()
        this.#most = protocol ? MAX_FRAMES : 1
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
    if (this.#most) this.#pulse.check()
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
    let value: unknown
    try {
      // Bytes are no frame as a text either.
      value = JSON.parse(data as string)
    } catch {}
    for (const frame of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof frame !== 'object' || !frame) return this.fail(4000, 'no frame')
      this.#caller.heard(frame as Frame)
      if (this.#over && this.#caller.rules.superseded !== false) return
    }
  }

  #flush(): void {
    const frames = this.#waiting
    this.#waiting = []
    this.#length = 0
    // A character has at most three bytes.
    const room = this.#caller.maxBytes / 4
    while (frames.length > 0) {
      let count = 0
      let length = 0
      do length += frames[count++]!.length
      while (count < this.#most && length + (frames[count]?.length ?? Infinity) < room)
      this.#say(joinFrames(frames.splice(0, count)))
    }
  }

  #say(text: string): void {
    if (this.#over) return
    this.#pulse.said()
    this.#line?.send(text)
  }
}

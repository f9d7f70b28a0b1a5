import type { Answer } from './answer.ts'
import {
  closePayload,
  encodeFrame,
  type Frame,
  type FrameOptions,
  Opcode,
  takeFrame,
} from './frame.ts'
import type { End, Wire } from './wire.ts'

export interface Closed {
  /** 1005 for a Close without a code, 1006 for an end without a Close. */
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

export interface RawSocketOptions {
  /** Answers pings. @default true */
  autoPong?: boolean
  /** Answers a Close with the same code. @default true */
  autoClose?: boolean
}

/** A WebSocket after its 101: whole messages with `next`, single frames with `nextFrame`. */
export class RawSocket {
  readonly answer: Answer
  readonly wire: Wire
  readonly #options: RawSocketOptions
  readonly #frames: Frame[] = []
  readonly #messages: (string | Buffer)[] = []
  readonly #waiting = new Set<() => void>()
  #parts: Frame[] = []
  #closed: Closed | undefined
  #sentClose = false

  constructor(wire: Wire, answer: Answer, options: RawSocketOptions = {}) {
    this.wire = wire
    this.answer = answer
    this.#options = options
    void this.#pump()
  }

  /** The subprotocol the server chose. */
  get protocol(): string | undefined {
    return this.answer.header('sec-websocket-protocol')
  }

  send(data: string | Uint8Array): void {
    this.frame({ opcode: typeof data === 'string' ? Opcode.text : Opcode.binary, payload: data })
  }

  /** Sends any frame, a wrong one too. */
  frame(options: FrameOptions): void {
    this.wire.write(encodeFrame(options))
  }

  /** Sends one message in pieces, as a text unless `opcode` says otherwise. */
  fragments(pieces: (string | Uint8Array)[], opcode: number = Opcode.text): void {
    pieces.forEach((payload, i) =>
      this.frame({ opcode: i === 0 ? opcode : 0, fin: i === pieces.length - 1, payload }),
    )
  }

  ping(payload: string | Uint8Array = ''): void {
    this.frame({ opcode: Opcode.ping, payload })
  }

  close(code?: number, reason = ''): void {
    this.#sentClose = true
    const payload = code === undefined ? '' : closePayload(code, reason)
    this.frame({ opcode: Opcode.close, payload })
  }

  /** The next whole message; fails if the server closes instead. */
  next(timeoutMs = 2_000): Promise<string | Buffer> {
    return this.#shift(this.#messages, timeoutMs, 'message')
  }

  /** The next frame of any kind, control frames included. */
  nextFrame(timeoutMs = 2_000): Promise<Frame> {
    return this.#shift(this.#frames, timeoutMs, 'frame')
  }

  async closed(timeoutMs = 2_000): Promise<Closed> {
    await this.#until(() => this.#closed !== undefined, timeoutMs, 'close')
    return this.#closed!
  }

  /** How and when the TCP connection itself ended. */
  ended(timeoutMs?: number): Promise<End> {
    return this.wire.ended(timeoutMs)
  }

  reset(): void {
    this.wire.reset()
  }

  destroy(): void {
    this.wire.destroy()
  }

  async #pump(): Promise<void> {
    try {
      for (;;) this.#accept(await this.wire.take(takeFrame, 2 ** 31 - 1, 'frame'))
    } catch {
      this.#finish({ code: 1006, reason: '', wasClean: false })
      this.wire.fin()
    }
  }

  #accept(frame: Frame): void {
    this.#frames.push(frame)
    if (frame.opcode === Opcode.close) this.#acceptClose(frame)
    else if (frame.opcode === Opcode.ping && this.#options.autoPong !== false) {
      this.frame({ opcode: Opcode.pong, payload: frame.payload })
    } else if (frame.opcode < 8) this.#acceptData(frame)
    this.#wake()
  }

  #acceptData(frame: Frame): void {
    this.#parts.push(frame)
    if (!frame.fin) return
    const whole = Buffer.concat(this.#parts.map((part) => part.payload))
    this.#messages.push(this.#parts[0]!.opcode === Opcode.text ? whole.toString('utf8') : whole)
    this.#parts = []
  }

  #acceptClose({ payload }: Frame): void {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
    this.#finish({ code, reason: payload.toString('utf8', 2), wasClean: true })
    if (this.#options.autoClose === false || this.#sentClose) return
    this.#sentClose = true
    this.frame({ opcode: Opcode.close, payload: payload.subarray(0, 2) })
  }

  #finish(closed: Closed): void {
    this.#closed ??= closed
    this.#wake()
  }

  async #shift<T>(queue: T[], timeoutMs: number, what: string): Promise<T> {
    await this.#until(() => queue.length > 0 || this.#closed !== undefined, timeoutMs, what)
    if (queue.length > 0) return queue.shift()!
    throw new Error(
      `closed with ${this.#closed!.code} ${this.#closed!.reason} instead of a ${what}`,
    )
  }

  async #until(done: () => boolean, timeoutMs: number, what: string): Promise<void> {
    if (done()) return
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!done()) return
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error(`no ${what} within ${timeoutMs} ms`))
      }, timeoutMs)
      this.#waiting.add(check)
    })
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check()
  }
}

import type { CloudflareSocket } from '../../src/runtime/worker.ts'
import type { Wire } from './wire.ts'

/** Most that a socket keeps while its object sleeps, in bytes. */
const MAX_ATTACHMENT = 16 * 1024

const OPEN = 1
const CLOSING = 2
const CLOSED = 3

/** The server's end of a socket that outlives the memory of its object. */
export class SleepingSocket implements CloudflareSocket {
  binaryType = 'blob'
  readyState = OPEN
  /** When `ping` was answered last. */
  pingedAt: number | undefined
  readonly #wire: Wire
  #attachment: string | undefined

  constructor(wire: Wire) {
    this.#wire = wire
  }

  get bufferedAmount(): number {
    return this.#wire.down.waiting
  }

  accept(): void {
    throw new TypeError('accepted by the object')
  }

  addEventListener(): void {}

  send(data: string | Uint8Array): void {
    if (this.readyState !== OPEN) throw new TypeError('closed')
    this.#wire.reply(data as string)
  }

  close(code = 1000, reason = ''): void {
    const known = (code >= 1000 && code < 1015) || (code >= 3000 && code < 5000)
    if (!known || (code > 1003 && code < 1007)) throw new TypeError(`invalid code ${code}`)
    if (this.readyState === CLOSED) return
    if (this.readyState === OPEN) this.readyState = CLOSING
    this.#wire.close(code, reason)
  }

  /** The peer has closed, or is gone. */
  ends(): void {
    if (this.readyState === OPEN) this.readyState = CLOSING
  }

  ended(): void {
    this.readyState = CLOSED
  }

  serializeAttachment(value: unknown): void {
    const text = JSON.stringify(value)
    if (text.length > MAX_ATTACHMENT) throw new Error('too large')
    this.#attachment = text
  }

  deserializeAttachment(): unknown {
    return this.#attachment === undefined ? null : JSON.parse(this.#attachment)
  }
}

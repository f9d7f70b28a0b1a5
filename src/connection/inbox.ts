import { MAX_QUEUE_BYTES } from '../runtime/port.ts'

/** Messages kept while a connection is not ready for them. */
const MAX_MESSAGES = 256

/** What came in and has to wait its turn: texts and bytes as received, frames already decoded. */
export class Inbox {
  #items: unknown[] = []
  #bytes = 0

  get empty(): boolean {
    return this.#items.length === 0
  }

  /** Whether there was room. */
  push(data: string | Uint8Array): boolean {
    this.#bytes += data.length
    return this.#items.push(data) <= MAX_MESSAGES && this.#bytes <= MAX_QUEUE_BYTES
  }

  /** Puts back the rest of an array of frames that could not be finished. */
  unshift(frames: readonly unknown[]): void {
    this.#items.unshift(...frames)
  }

  shift(): unknown {
    const item = this.#items.shift()
    if (typeof item === 'string' || item instanceof Uint8Array) this.#bytes -= item.length
    return item
  }
}

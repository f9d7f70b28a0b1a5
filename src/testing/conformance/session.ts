import type { Link } from './target.ts'

/** A frame of any shape. */
export type Json = any

/** A socket that speaks the frame protocol: JSON in, JSON out, arrays of frames taken apart. */
export class Session {
  readonly link: Link
  readonly #queue: Json[] = []

  constructor(link: Link) {
    this.link = link
  }

  /** Sends one frame, or an array of frames as one message. */
  frame(frame: Json): void {
    this.link.send(JSON.stringify(frame))
  }

  message(type: string, data?: unknown): void {
    this.frame({ type, data })
  }

  request(type: string, id: number, data?: unknown, more: object = {}): void {
    this.frame({ type, id, data, ...more })
  }

  /** Sends a message as it is written. */
  text(data: string | Uint8Array): void {
    this.link.send(data)
  }

  /** The next message as it was written. */
  raw(timeoutMs = 2_000): Promise<string | Uint8Array> {
    return this.link.message(timeoutMs)
  }

  /** The next frame. */
  async next(timeoutMs = 2_000): Promise<Json> {
    while (this.#queue.length === 0) {
      const text = await this.link.message(timeoutMs)
      this.#queue.push(...[decode(text)].flat())
    }
    return this.#queue.shift()
  }

  async take(count: number, timeoutMs?: number): Promise<Json[]> {
    const frames: Json[] = []
    while (frames.length < count) frames.push(await this.next(timeoutMs))
    return frames
  }

  /** The next frame that `wanted` likes; the others are dropped. */
  async find(wanted: (frame: Json) => boolean, timeoutMs = 2_000): Promise<Json> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const frame = await this.next(Math.max(1, deadline - Date.now()))
      if (wanted(frame)) return frame
    }
  }

  /** Every frame that arrives within `ms`. */
  async within(ms: number): Promise<Json[]> {
    const frames: Json[] = []
    const deadline = Date.now() + ms
    for (;;) {
      try {
        frames.push(await this.next(Math.max(1, deadline - Date.now())))
      } catch {
        return frames
      }
    }
  }

  closed(timeoutMs = 2_000): Promise<{ code: number; reason: string }> {
    return this.link.closed(timeoutMs)
  }

  close(code?: number, reason?: string): void {
    this.link.close(code, reason)
  }

  destroy(): void {
    this.link.destroy()
  }
}

function decode(text: string | Uint8Array): Json {
  if (typeof text !== 'string') throw new Error('a binary message on a text protocol')
  return text === 'pong' ? 'pong' : JSON.parse(text)
}

import { type Head, readHead } from './answer.ts'
import { httpRequest, type UpgradeOptions } from './request.ts'
import type { Wire } from './wire.ts'

/** What stands between two empty lines of a stream: its fields, and how many comments. */
export interface StreamedEvent {
  readonly id?: string
  readonly event?: string
  readonly data?: string
  readonly retry?: string
  readonly comments?: number
}

/** A client of server-sent events that hides nothing. */
export class EventReader {
  readonly wire: Wire
  readonly head: Head
  #text = ''
  #ended = false

  constructor(wire: Wire, head: Head) {
    this.wire = wire
    this.head = head
  }

  /** The next event, or whatever else ends with an empty line. */
  async next(timeoutMs = 2_000): Promise<StreamedEvent> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const lines = this.#text.slice(0, end).split('\n')
        this.#text = this.#text.slice(end + 2)
        return fieldsOf(lines)
      }
      if (!(await this.#more(timeoutMs))) throw new Error('the stream has ended')
    }
  }

  /** The next one with an `event`. */
  async event(timeoutMs = 2_000): Promise<StreamedEvent> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const next = await this.next(Math.max(1, deadline - Date.now()))
      if (next.event !== undefined) return next
    }
  }

  /** All that is left of a stream that ends, whether in order or not. */
  async rest(timeoutMs = 2_000): Promise<StreamedEvent[]> {
    const all: StreamedEvent[] = []
    const deadline = Date.now() + timeoutMs
    for (;;) {
      try {
        all.push(await this.next(Math.max(1, deadline - Date.now())))
      } catch (error) {
        if (!/ended/.test(String(error))) throw error
        return all
      }
    }
  }

  destroy(): void {
    this.wire.destroy()
  }

  async #more(timeoutMs: number): Promise<boolean> {
    if (this.#ended) return false
    const chunk = await this.wire.take(takeChunk, timeoutMs, 'more of the stream')
    this.#ended = chunk === ''
    this.#text += chunk
    return !this.#ended
  }
}

/** Asks for a stream of events; what comes back may be a refusal, whose body is not read. */
export async function readEvents(
  wire: Wire,
  url: string,
  options: UpgradeOptions,
): Promise<EventReader> {
  const headers = { accept: 'text/event-stream', ...options.headers }
  wire.write(httpRequest(url, { ...options, headers }))
  return new EventReader(wire, await readHead(wire, 7_000))
}

function takeChunk(bytes: Buffer): [string, number] | undefined {
  const line = bytes.indexOf('\r\n')
  if (line < 0) return undefined
  const size = Number.parseInt(bytes.toString('latin1', 0, line), 16)
  const end = line + 2 + size
  if (bytes.length < end + 2) return undefined
  return [bytes.toString('utf8', line + 2, end), end + 2]
}

function fieldsOf(lines: readonly string[]): StreamedEvent {
  const fields: Record<string, string | number> = {}
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*): ?([^]*)$/.exec(line) ?? []
    if (name === '') fields['comments'] = Number(fields['comments'] ?? 0) + 1
    else fields[name] = value
  }
  return fields
}

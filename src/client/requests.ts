import { bytesOf } from '../protocol/codec.ts'
import type { Frame } from './attempt.ts'
import type { Call, Plug } from './call.ts'
import { RequestError, errorOf } from './errors.ts'
import { Queue, type QueueOptions } from './queue.ts'

/** Most requests in flight, and most characters that wait in the socket. */
const MAX_PENDING = 1024
const MAX_BACKLOG = 1024 * 1024

/** How a request is made. */
export interface RequestOptions {
  /** Milliseconds until it has failed, the time in which it waits for a connection included. @default {10000} */
  timeoutMs?: number
  signal?: AbortSignal
  /**
   * The same request is never done twice by an endpoint that knows keys: with one it is sent again on the
   * next connection where the first has ended without an answer.
   */
  key?: string
}

/** Who waits for an answer: called once, after the last item. */
export interface Answer {
  /** Of a stream. */
  item?(item: unknown): void
  done(error: RequestError | undefined, data?: unknown): void
}

/** A message, or a request with its answer. */
interface Entry {
  readonly body: string
  readonly bytes: number
  readonly at: number
  /** None any more when it has ended. */
  answer: Answer | undefined
  /** Whether the server answers. */
  readonly asks: boolean
  readonly key: boolean
  /** When it fails. */
  readonly until: number
  /** Undoes what waits for its end. */
  readonly undo: (() => void)[]
  /** On the connection, once it is sent. */
  id: number
}

/** A request that was made. */
export interface Made {
  /** Says more of it, if it is in flight. */
  tell(type: string, count?: number): void
  /** Ends it here, and tells the server. */
  cancel(): void
}

/** What is said, what waits to be said, and what waits for an answer. */
export class Requests implements Plug {
  readonly #call: Call
  /** Hears of messages that have waited and are not sent. */
  readonly #dropped: (error: RequestError) => void
  readonly #queue: Queue<Entry>
  readonly #pending = new Map<number, Entry>()
  /** Ids grow for good: so they do on each connection. */
  #last = 0

  constructor(call: Call, queue: QueueOptions | undefined, dropped: (error: RequestError) => void) {
    this.#call = call
    this.#dropped = dropped
    this.#queue = new Queue(queue)
  }

  /** @throws {RequestError} if it cannot be sent now nor later */
  send(frame: object): void {
    let problem: RequestError | undefined
    const entry = this.#entry(frame, {}, { done: (error) => error && this.#dropped(error) }, false)
    this.#put(entry, (error) => (problem = error))
    if (problem) throw problem
  }

  ask(frame: object, options: RequestOptions, answer: Answer): Made {
    const { timeoutMs, signal } = options
    const entry = this.#entry(frame, options, answer)
    const cancel = (code: string): void => {
      this.#tell('$cancel', entry)
      this.#end(entry, new RequestError(code))
    }
    const abort = (): void => cancel('aborted')
    // Timers overflow.
    if (timeoutMs! < 2 ** 31) {
      entry.undo.push(
        this.#call.io.timers.after(timeoutMs!, () => this.#end(entry, new RequestError('timeout'))),
      )
    }
    signal?.addEventListener('abort', abort)
    entry.undo.push(() => signal?.removeEventListener('abort', abort))
    if (signal?.aborted) abort()
    else this.#put(entry, (error) => this.#end(entry, error))
    return {
      tell: (type, count) => this.#tell(type, entry, count),
      cancel: () => cancel('aborted'),
    }
  }

  /** There is a connection: says what has waited for it. */
  opened(): void {
    const { items, old } = this.#queue.take(this.#now())
    for (const entry of old) this.#end(entry, new RequestError('timeout'))
    for (const entry of items) this.#put(entry, (error) => this.#end(entry, error))
  }

  heard(frame: Frame): boolean {
    const entry = this.#pending.get(frame.id as number)
    if (!entry) return false
    if ('error' in frame) this.#end(entry, errorOf(frame.error))
    else if ('item' in frame) entry.answer?.item?.(frame.item)
    else if ('data' in frame || frame.end === true) this.#end(entry, undefined, frame.data)
    return true
  }

  /**
   * What may have reached the server is asked again only if it has a key, and was not too large. When there
   * will be no connection any more, nothing has to wait.
   */
  lost(code: number): void {
    for (const entry of this.#pending.values()) {
      this.#pending.delete(entry.id)
      if (entry.key && code !== 1009) this.#put(entry, () => this.#end(entry, lost()))
      else this.#end(entry, lost())
    }
    if (this.#call.status !== 'closed') return
    for (const entry of this.#queue.take(-Infinity).items) this.#end(entry, lost())
  }

  #now(): number {
    return this.#call.io.timers.now()
  }

  #entry(frame: object, options: RequestOptions, answer: Answer, asks = true): Entry {
    const { timeoutMs = Infinity, key } = options
    const body = JSON.stringify({ ...frame, key })
    const at = this.#now()
    return {
      body,
      // With what is put before it.
      bytes: bytesOf(body) + 64,
      at,
      answer,
      asks,
      key: key !== undefined,
      until: at + timeoutMs,
      undo: [],
      id: 0,
    }
  }

  #put(entry: Entry, refuse: (error: RequestError) => void): void {
    const { line, status, maxBytes } = this.#call
    if (status === 'closed') refuse(lost())
    else if (entry.bytes > maxBytes) refuse(new RequestError('too_large'))
    else if (!line) {
      for (const out of this.#queue.add(entry)) {
        if (out === entry) refuse(new RequestError('queue_full'))
        else this.#end(out, new RequestError('queue_full'))
      }
    } else if (line.backlog > MAX_BACKLOG || this.#pending.size >= MAX_PENDING) {
      refuse(new RequestError('queue_full'))
    } else line.write(entry.asks ? this.#numbered(entry) : entry.body)
  }

  #numbered(entry: Entry): string {
    const { body, until } = entry
    this.#pending.set((entry.id = ++this.#last), entry)
    const left = Math.ceil(until - this.#now())
    const timeout = left < Infinity ? `"timeout":${Math.max(left, 1)},` : ''
    return `{"id":${entry.id},${timeout}${body.slice(1)}`
  }

  #tell(type: string, { id }: Entry, count?: number): void {
    if (this.#pending.has(id)) this.#call.line?.write(JSON.stringify({ type, id, count }))
  }

  #end(entry: Entry, error: RequestError | undefined, data?: unknown): void {
    if (this.#pending.get(entry.id) === entry) this.#pending.delete(entry.id)
    this.#queue.delete(entry)
    for (const undo of entry.undo.splice(0)) undo()
    const { answer } = entry
    entry.answer = undefined
    answer?.done(error, data)
  }
}

function lost(): RequestError {
  return new RequestError('connection_lost')
}

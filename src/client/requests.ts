import type { Frame } from './attempt.ts'
import type { Call, Plug } from './call.ts'
import { RequestError, errorOf } from './errors.ts'
import type { Io } from './line.ts'
import { Queue, type QueueOptions } from './queue.ts'

/** Most requests in flight, and most characters that wait in the socket. */
const MAX_PENDING = 1024
const MAX_BACKLOG = 1024 * 1024

const LOST = 'connection_lost'
const FULL = 'queue_full'

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
  item?: ((item: unknown) => void) | undefined
  done(error: RequestError | undefined, data?: unknown): void
}

/** A message, or a request with its answer. */
interface Entry {
  readonly body: string
  readonly bytes: number
  readonly at: number
  /** Whether the server answers. */
  readonly asks: boolean
  readonly key: boolean
  /** When it fails. */
  readonly until: number
  /** On the connection, once it is sent. */
  id: number
  /** Called once; none any more when it has ended. */
  done: Answer['done'] | undefined
  readonly item?: Answer['item']
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
  readonly #timers: Io['timers']
  /** Hears of messages that have waited and are not sent. */
  readonly #dropped: (error: RequestError) => void
  readonly #queue: Queue<Entry>
  readonly #maxAge: number
  readonly #pending = new Map<number, Entry>()
  /** Ids grow for good: so they do on each connection. */
  #last = 0

  constructor(call: Call, queue: QueueOptions = {}, dropped: (error: RequestError) => void) {
    this.#call = call
    this.#timers = call.io.timers
    this.#dropped = dropped
    this.#queue = new Queue(queue)
    this.#maxAge = queue.maxAgeMs ?? 60_000
  }

  /** @throws {RequestError} if it cannot be sent now nor later */
  send(frame: object): void {
    const done = (error?: RequestError): void => error && this.#dropped(error)
    const problem = this.#put(this.#entry(frame, {}, { done }, false))
    if (problem) throw problem
  }

  ask(frame: object, options: RequestOptions, { item, done }: Answer): Made {
    const { timeoutMs, signal } = options
    const late = (): void => this.#end(entry, new RequestError('timeout'))
    const cancel = (): void => {
      tell('$cancel')
      this.#end(entry, new RequestError('aborted'))
    }
    const entry = this.#entry(frame, options, {
      item,
      done(error, data) {
        stop?.()
        signal?.removeEventListener('abort', cancel)
        done(error, data)
      },
    })
    const tell = (type: string, count?: number): void => {
      const { id } = entry
      if (this.#pending.has(id)) this.#call.line?.write(JSON.stringify({ type, id, count }))
    }
    // Timers overflow.
    const stop = timeoutMs! < 2 ** 31 ? this.#timers.after(timeoutMs!, late) : undefined
    signal?.addEventListener('abort', cancel)
    if (signal?.aborted) cancel()
    else this.#try(entry)
    return { tell, cancel }
  }

  /** There is a connection: says what has waited for it, and not for too long. */
  opened(): void {
    for (const entry of this.#queue.take()) {
      const isOld = this.#timers.now() - entry.at > this.#maxAge
      if (isOld) this.#end(entry, new RequestError('timeout'))
      else this.#try(entry)
    }
  }

  heard(frame: Frame): boolean {
    const entry = this.#pending.get(frame.id as number)
    if (!entry) return false
    if ('error' in frame) this.#end(entry, errorOf(frame.error))
    else if ('item' in frame) entry.item?.(frame.item)
    else if ('data' in frame || frame.end === true) this.#end(entry, undefined, frame.data)
    return true
  }

  /**
   * What may have reached the server is asked again only if it has a key, and was not too large. When there
   * will be no connection any more, nothing has to wait.
   */
  lost(code: number): void {
    const left = this.#call.status === 'closed' ? this.#queue.take() : []
    for (const entry of [...this.#pending.values(), ...left]) {
      this.#pending.delete(entry.id)
      if (!entry.key || code === 1009 || this.#put(entry)) this.#end(entry, new RequestError(LOST))
    }
  }

  #entry(frame: object, options: RequestOptions, answer: Answer, asks = true): Entry {
    const { timeoutMs = Infinity, key } = options
    const body = JSON.stringify({ ...frame, key })
    // With what is put before it.
    const bytes = new TextEncoder().encode(body).length + 64
    const at = this.#timers.now()
    return {
      body,
      bytes,
      at,
      asks,
      key: key !== undefined,
      until: at + timeoutMs,
      id: 0,
      ...answer,
    }
  }

  #try(entry: Entry): void {
    const problem = this.#put(entry)
    if (problem) this.#end(entry, problem)
  }

  /** Sends it, now or later; or says why not. */
  #put(entry: Entry): RequestError | undefined {
    const { line, status, maxBytes } = this.#call
    const drop = (oldest: Entry): void => this.#end(oldest, new RequestError(FULL))
    if (status === 'closed') return new RequestError(LOST)
    if (entry.bytes > maxBytes) return new RequestError('too_large')
    const full = line
      ? line.backlog > MAX_BACKLOG || this.#pending.size >= MAX_PENDING
      : !this.#queue.add(entry, drop)
    if (full) return new RequestError(FULL)
    line?.write(entry.asks ? this.#numbered(entry) : entry.body)
    return undefined
  }

  #numbered(entry: Entry): string {
    this.#pending.set((entry.id = ++this.#last), entry)
    const left = Math.ceil(entry.until - this.#timers.now())
    const timeout = left < Infinity ? `"timeout":${Math.max(left, 1)},` : ''
    return `{"id":${entry.id},${timeout}${entry.body.slice(1)}`
  }

  #end(entry: Entry, error: RequestError | undefined, data?: unknown): void {
    this.#pending.delete(entry.id)
    this.#queue.delete(entry)
    const { done } = entry
    entry.done = undefined
    done?.(error, data)
  }
}

import type { Call, Plug } from './call.ts'
import { RequestError, errorOf } from './errors.ts'
import { type Queue, fewest } from './queue.ts'

/** Most requests in flight, and most bytes that wait in the socket. */
const MAX_PENDING = 1024
const MAX_BACKLOG = 1024 * 1024

/** How long one with a key may be said, in milliseconds: servers remember it for longer. */
const MAX_KEYED_MS = 240_000

const LOST = 'connection_lost'
const FULL = 'queue_full'

/** How a request is made. */
export interface RequestOptions {
  /** Milliseconds until it has failed, the time in which it waits for a connection included. @default {10000} */
  timeoutMs?: number
  signal?: AbortSignal
  /**
   * Names the request, so that it may be repeated: where the connection ends without an answer it is sent again
   * on the next one, for four minutes at most. The server does it once, and gives the same answer each time; where
   * nobody can know whether it was done, it fails with `connection_lost`. 16 to 128 characters that nobody can
   * guess, such as `crypto.randomUUID()`. For requests, not for streams.
   */
  key?: string
}

/** Called once, after the last item. */
export type Done = (error?: RequestError, data?: unknown) => void

/** A message, or a request. */
interface Entry {
  readonly body: string
  readonly bytes: number
  /** When it is of no use any more. */
  readonly until: number
  /** On the connection, once it is sent; a message has none. */
  id?: number
  readonly done: Done
  readonly key?: string | undefined
  /** Once it is said again: what remembers the first time. */
  again?: string | undefined
  /** Of a stream. */
  readonly item?: ((item: unknown) => void) | undefined
}

/** A request that was made. */
export interface Made {
  /** Says more of it, if it is in flight. */
  tell(type: string, count?: number): void
  /** Ends it here, and tells the server. */
  cancel(code: string): void
}

/** What is said, what waits to be said, and what waits for an answer. */
export interface Requests extends Plug {
  /** @throws {RequestError} if it cannot be sent, now or later */
  send(frame: object): void
  ask(frame: object, done: Done, options?: RequestOptions, item?: Entry['item']): Made
}

/** What has waited and is not sent is an `$error`. */
export function requests(call: Call, { maxAgeMs, admit }: Queue = fewest): Requests {
  const { timers } = call.io
  const waiting = new Set<Entry>()
  const pending = new Map<number, Entry>()
  /** Ids grow for good: so they do on each connection. */
  let last = 0

  const make = (
    frame: object,
    ms: number,
    more: Pick<Entry, 'done' | 'id' | 'key' | 'item'>,
  ): Entry => {
    const body = JSON.stringify({ ...frame, key: more.key })
    // With what is put before it.
    const bytes = new TextEncoder().encode(body).length + 64
    return { body, bytes, until: timers.now() + ms, ...more }
  }
  const end = (entry: Entry, error?: RequestError, data?: unknown): void => {
    pending.delete(entry.id!)
    waiting.delete(entry)
    entry.done(error, data)
  }
  const fail = (entry: Entry, code: string): void => end(entry, new RequestError(code))
  /** It cannot be said. Of what was said before nobody knows whether it was done. */
  const refuse = (entry: Entry, code?: string): unknown =>
    code && fail(entry, entry.again ? LOST : code)
  const numbered = (entry: Entry): string => {
    pending.set((entry.id = ++last), entry)
    const left = Math.max(1, Math.ceil(entry.until - timers.now()))
    return `{"id":${last},${entry.again ?? ''}${left < Infinity ? `"timeout":${left},` : ''}${entry.body.slice(1)}`
  }
  /** Sends it, now or later; or says why not. */
  const put = (entry: Entry): string | undefined => {
    const { line, status, maxBytes } = call
    if (status === 'closed') return LOST
    if (entry.bytes > maxBytes) return 'too_large'
    if (timers.now() > entry.until) return 'timeout'
    const isFull = line
      ? line.backlog() > MAX_BACKLOG || pending.size >= MAX_PENDING
      : !admit(waiting, entry, (oldest) => refuse(oldest, FULL))
    if (isFull) return FULL
    if (line) line.write(entry.id! >= 0 ? numbered(entry) : entry.body)
    else waiting.add(entry)
    return undefined
  }

  return {
    send(frame) {
      const problem = put(make(frame, maxAgeMs, { done: (error) => call.emit('$error', error) }))
      if (problem) throw new RequestError(problem)
    },
    ask(frame, done, { timeoutMs = 10_000, signal, key } = {}, item) {
      if (key) timeoutMs = Math.min(timeoutMs, MAX_KEYED_MS)
      const entry = make(frame, timeoutMs, {
        id: 0,
        key,
        item,
        done(...result) {
          stop?.()
          signal?.removeEventListener('abort', abort)
          done(...result)
        },
      })
      const tell = (type: string, count?: number): void => {
        const { id } = entry
        if (pending.has(id!)) call.line?.write(JSON.stringify({ type, id, count }))
      }
      const cancel = (code: string): void => {
        tell('$cancel')
        fail(entry, code)
      }
      const abort = (): void => cancel('aborted')
      // Timers overflow.
      const stop =
        timeoutMs < 2 ** 31 ? timers.after(timeoutMs, () => fail(entry, 'timeout')) : undefined
      signal?.addEventListener('abort', abort)
      if (signal?.aborted) abort()
      else refuse(entry, put(entry))
      return { tell, cancel }
    },
    /** There is a connection: says what has waited for it. */
    opened() {
      // Until this one has said its own.
      call.keys = undefined
      for (const entry of [...waiting]) {
        if (waiting.delete(entry)) refuse(entry, put(entry))
      }
    },
    heard(frame) {
      const entry = pending.get(frame.id as number)
      if (!entry) return false
      if ('error' in frame) end(entry, errorOf(frame.error))
      else if ('item' in frame) entry.item?.(frame.item)
      else if ('data' in frame || frame.end) end(entry, undefined, frame.data)
      return true
    },
    /**
     * What may have reached the server is asked again only if it has a key that the server remembers, and was
     * not too large. When there will be no connection any more, nothing has to wait.
     */
    lost(code) {
      for (const entry of [...pending.values(), ...(call.status === 'closed' ? waiting : [])]) {
        pending.delete(entry.id!)
        entry.again ||= entry.key && call.keys && `"again":"${call.keys}",`
        if (!entry.again || code === 1009 || put(entry)) fail(entry, LOST)
      }
    },
  }
}

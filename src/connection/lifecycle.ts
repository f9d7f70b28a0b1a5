import { SocketError, refusalOf } from '../errors.ts'
import { type OfConnection, emit, observed } from '../observe.ts'
import {
  CloseCode,
  REFUSAL_CODES,
  isReturning,
  isSendableCloseCode,
  trimReason,
  unsendable,
} from '../protocol/close-codes.ts'
import { bytesOf } from '../protocol/codec.ts'
import { MAX_QUEUE_BYTES, type Receiver, type Snapshot, type Transport } from '../runtime/port.ts'
import { isThenable } from './compose.ts'
import { within } from './deadlines.ts'
import { Following } from './following.ts'
import type { CloseInfo } from './routes.ts'

/** Messages kept while a connection is not ready for them. */
const MAX_WAITING = 256
/** How long a peer may take to answer our Close. */
const CLOSE_TIMEOUT_MS = 5000

/** What is said to who still asks for something while the connection is about to end. */
const ENDING = new SocketError('unavailable', 'about to end', { retryAfterMs: 1000 })

/** A message that is not to be handled, and why. */
export class Refused {
  readonly data: string | Uint8Array
  readonly error: SocketError

  constructor(data: string | Uint8Array, error: SocketError) {
    this.data = data
    this.error = error
  }
}

/**
 * From the 101 to the end, for typed and raw sockets alike: nothing is handled before `open` has
 * settled, what comes in meanwhile is kept, and `close` runs last and once. An exception harms no
 * other connection.
 */
export abstract class Lifecycle implements Receiver {
  readonly transport: Transport
  readonly snapshot: Snapshot
  /** Messages so far. */
  heard = 0
  /** Set from `open` or `resume` on. */
  following: Following | undefined
  /** Nothing is sent any more. */
  closed = false
  /** The socket itself is gone. */
  gone = false
  /** What comes in is not handled any more; what had come in before is. */
  protected drains = false
  ended: (() => void) | undefined
  readonly #live: Set<Lifecycle>
  /** What came in and has to wait its turn: messages as received, frames already decoded. */
  #inbox: unknown[] | undefined
  #inboxBytes = 0
  #blocked: boolean
  #own: { code: number; reason: string } | undefined
  #ended: CloseInfo | undefined
  #closing = false
  #abandoned = false
  /** Calls off the wait for the peer's Close. */
  #settled: (() => void) | undefined

  constructor(transport: Transport, snapshot: Snapshot, live: Set<Lifecycle>) {
    this.#live = live
    live.add(this)
    this.transport = transport
    this.snapshot = snapshot
    snapshot.since ??= transport.timers.now()
    this.#blocked = !snapshot.opened
  }

  protected abstract readonly openTimeoutMs: number
  protected abstract opening(): unknown
  /** Handles what came in, or what was put back. */
  protected abstract handle(item: unknown): void
  /** Nothing new can be said from now on: the last moment for what waits to be sent. */
  /** Nothing is said any more; `returns`: the client is likely to come back. */
  protected abstract closing(returns: boolean): void
  protected abstract ending(info: CloseInfo): unknown
  /** Whether a message was one that never waits. */
  protected atOnce(_data: string | Uint8Array): boolean {
    return false
  }

  get id(): string {
    return this.snapshot.id
  }

  get state(): unknown {
    return this.snapshot.state
  }

  close(code: number = CloseCode.normal, reason = ''): void {
    if (!isSendableCloseCode(code)) throw unsendable(code)
    if (this.closed) return
    this.closed = true
    this.#inbox = undefined
    this.#own = { code, reason: trimReason(reason) }
    this.#rest(isReturning(code))
    this.#closing = true
    this.transport.close(code, this.#own.reason)
    this.#closing = false
    // Not every runtime gives up on a peer that does not answer.
    if (!this.gone) this.#settled = this.#within(CLOSE_TIMEOUT_MS, () => this.lost(1006, ''))
  }

  abandon(code: number = CloseCode.goingAway, reason = 'going away'): void {
    this.#abandoned = true
    this.close(code, reason)
    this.transport.terminate?.()
    this.lost(1006, '')
  }

  /** Whether nothing is at work that could still be answered. */
  protected get quiet(): boolean {
    return !this.#blocked || this.following?.holds === true
  }

  /** The last thing said before the end. */
  protected bye(_retry: readonly [number, number], _why: string): void {}

  drain(
    retry: readonly [number, number],
    force: boolean,
    code: number = CloseCode.restart,
    why = 'restart',
  ): boolean {
    if (this.closed) return true
    this.drains = true
    if (!this.quiet && !force) return false
    this.bye(retry, why)
    this.close(code, why)
    return true
  }

  silent(): void {
    this.abandon(CloseCode.noTraffic, 'no traffic')
  }

  /** Sends a message, or closes: what a peer does not fetch may not pile up. */
  push(data: string | Uint8Array): void {
    if (!this.transport.send(data)) this.tooSlow()
    else if (observed.sent) {
      emit({ type: 'sent', ...this.labels, count: 1, sizeBytes: bytesOf(data) })
    }
  }

  tooSlow(): void {
    if (observed.slow && !this.closed) {
      emit({ type: 'slow', ...this.labels, waitingBytes: this.transport.bufferedAmount ?? 0 })
    }
    this.close(CloseCode.tooSlow, 'too slow a reader')
  }

  /** For observers. */
  get labels(): OfConnection {
    return { connection: this.id, route: this.snapshot.route }
  }

  #within(ms: number, expire: () => void): () => void {
    return within(this.transport.timers, ms, expire)
  }

  /** Tells the observers of an exception; its text goes nowhere else. */
  report(error: unknown, where: string): void {
    emit({ type: 'error', error, where, ...this.labels })
  }

  /** Whether what comes in has to wait. */
  get blocked(): boolean {
    return this.#blocked
  }

  /** Whether what came in is of no interest any more, for the connection was ended on this side. */
  get deaf(): boolean {
    return this.#own !== undefined
  }

  /** Holds back what comes in until `wait` has settled, which may not take for ever. */
  block(wait: PromiseLike<unknown>, then: () => void = () => this.#unblock()): void {
    this.#blocked = true
    const cancel = this.#within(this.openTimeoutMs, () =>
      this.#refuse(new SocketError('unavailable', 'took too long')),
    )
    const settled = (task: () => void): void => {
      cancel()
      if (this.#blocked) task()
    }
    wait.then(
      () => settled(then),
      (error: unknown) => settled(() => this.#refuse(error)),
    )
  }

  /** Takes back frames of an array that cannot be handled yet. */
  putBack(frames: readonly unknown[]): void {
    ;(this.#inbox ??= []).unshift(...frames)
  }

  open(): void {
    if (observed.open && this.snapshot.route) emit({ type: 'open', ...this.labels })
    this.resume()
    this.proceed()
  }

  /** Opens, unless a follower holds that back. */
  proceed(): void {
    if (this.closed || this.following?.holds) return
    try {
      const result = this.opening()
      if (isThenable(result)) this.block(Promise.resolve(result), () => this.#opened())
      else this.#opened()
    } catch (error) {
      this.#refuse(error)
    }
  }

  resume(): void {
    try {
      this.following = new Following(this)
      this.following.tick()
    } catch (error) {
      this.crash(error, 'open')
    }
  }

  tick(): void {
    this.following?.tick()
  }

  message(data: string | Uint8Array): void {
    if (this.closed) return
    this.heard++
    if (observed.received) emit({ type: 'received', ...this.labels, sizeBytes: bytesOf(data) })
    const verdict = this.following?.take(data)
    if (verdict === true || (!verdict && this.atOnce(data))) return
    // In its turn: what came before may be waiting still.
    const refusal = verdict ?? (this.drains ? ENDING : undefined)
    const item = refusal ? new Refused(data, refusal) : data
    if (!this.#blocked) {
      this.#handle(item)
      return
    }
    this.#inboxBytes += data.length
    if ((this.#inbox ??= []).push(item) > MAX_WAITING || this.#inboxBytes > MAX_QUEUE_BYTES) {
      this.close(CloseCode.overloaded, 'too many messages waiting')
    }
  }

  lost(code: number, reason: string): void {
    if (this.gone) return
    this.gone = true
    this.#live.delete(this)
    this.ended?.()
    this.#settled?.()
    const wasClean = code !== 1006 && code !== 0 && !this.#abandoned
    if (!this.closed) {
      this.closed = true
      this.#rest(!wasClean || isReturning(code))
    }
    // Runtimes report their own code, the peer's or 0 after a close of ours: say the one we meant.
    this.#ended = { ...(this.#own ?? { code: code || 1006, reason }), wasClean }
    if (observed.close && this.snapshot.route) this.#tell(this.#ended)
    // Bun tells of the end within our own close(): the handler runs after the one that called it.
    if (this.#closing) queueMicrotask(() => this.#end())
    else this.#end()
  }

  #tell({ code, wasClean }: CloseInfo): void {
    const { transport, snapshot, labels } = this
    const own = this.#own !== undefined
    // By the wall's clock, in a Durable Object
    const durationMs = Math.max(transport.timers.now() - (snapshot.since as number), 0)
    emit({ type: 'close', ...labels, code, own, wasClean, durationMs })
  }

  #rest(returns: boolean): void {
    this.following?.stop()
    this.closing(returns)
  }

  #opened(): void {
    this.snapshot.opened = true
    this.transport.persist?.(this.snapshot)
    this.#unblock()
  }

  #refuse(error: unknown): void {
    const refusal = refusalOf(error)
    if (refusal) {
      this.close(REFUSAL_CODES.get(refusal.code) ?? CloseCode.internalError, refusal.message)
    } else this.crash(error, 'open')
    this.#unblock()
  }

  /** An exception that no error frame can answer. */
  crash(error: unknown, where: string): void {
    this.report(error, where)
    this.close(CloseCode.internalError, 'internal error')
  }

  #unblock(): void {
    this.#blocked = false
    while (!this.#blocked && this.#inbox?.length) this.#handle(this.#inbox.shift())
    if (!this.#blocked) {
      this.#inbox = undefined
      this.#inboxBytes = 0
    }
    this.#end()
  }

  #handle(item: unknown): void {
    try {
      this.handle(item)
    } catch (error) {
      this.crash(error, 'message')
    }
  }

  #end(): void {
    const info = this.#ended
    if (!info || this.#blocked) return
    this.#ended = undefined
    try {
      const result = this.ending(info)
      if (isThenable(result))
        result.then(undefined, (error: unknown) => this.report(error, 'close'))
    } catch (error) {
      this.report(error, 'close')
    }
  }
}

import { emit } from '../observe.ts'
import { SocketError } from '../errors.ts'
import { CloseCode, isSendableCloseCode, trimReason } from '../protocol/close-codes.ts'
import { encode } from '../protocol/codec.ts'
import { welcomeFrame } from '../protocol/frame.ts'
import type { Receiver, Snapshot, Transport } from '../runtime/port.ts'
import type { Call } from './call.ts'
import { isThenable } from './compose.ts'
import { type Deadlines, deadlinesOf } from './deadlines.ts'
import { receive } from './dispatch.ts'
import { Inbox } from './inbox.ts'
import { Outbox } from './outbox.ts'
import type { Behaviour, ChannelPort, CloseInfo } from './routes.ts'
import { describe } from './schema.ts'
import { checkSize, toState } from './state.ts'

/** Advice for clients: ping after this much silence, and wait this long for any frame. */
const BEAT_MS = 25_000
const WAIT_MS = 10_000

/**
 * One accepted socket that speaks the protocol: made once, the same object in every handler. What
 * outlives it is its snapshot.
 */
export class Connection implements Receiver {
  readonly env: unknown
  readonly behaviour: Behaviour
  readonly channels: ChannelPort
  readonly outbox: Outbox
  readonly deadlines: Deadlines
  readonly snapshot: Snapshot
  /** Calls whose handler has not settled; those of requests also by id. */
  readonly running: Set<Call> = new Set()
  readonly requests: Map<number, Call> = new Map()
  /** No frame is sent or taken any more. */
  closed = false
  /** The socket itself is gone. */
  gone = false
  readonly transport: Transport
  readonly #inbox = new Inbox()
  #blocked = true
  #ended: CloseInfo | undefined
  #own: { code: number; reason: string } | undefined

  constructor(
    transport: Transport,
    snapshot: Snapshot,
    env: unknown,
    behaviour: Behaviour,
    channels: ChannelPort,
  ) {
    this.transport = transport
    this.snapshot = snapshot
    this.env = env
    this.behaviour = behaviour
    this.channels = channels
    this.outbox = new Outbox(transport, snapshot.protocol !== '')
    this.deadlines = deadlinesOf(transport.timers)
    if (snapshot.opened) this.#blocked = false
  }

  get id(): string {
    return this.snapshot.id
  }

  get state(): unknown {
    return this.snapshot.state
  }

  setState(patch: object): void {
    const before = this.snapshot.state
    this.snapshot.state = toState({ ...(before as object), ...patch })
    try {
      this.persist()
    } catch (error) {
      this.snapshot.state = before
      throw error
    }
  }

  /** @throws {RangeError} if the snapshot is too large to be kept */
  persist(): void {
    checkSize(this.snapshot)
    this.transport.persist?.(this.snapshot)
  }

  send(event: string, data: unknown): void {
    const route = this.behaviour.events.get(event)
    if (!route) throw new TypeError(`Cannot send "${event}": the contract has no such event`)
    const checked = route.check(data)
    if (isThenable(checked)) {
      throw new TypeError(`Cannot send "${event}": give it a schema that validates synchronously`)
    }
    if (checked.issues) throw new TypeError(`Cannot send "${event}": ${describe(checked.issues)}`)
    this.write(`${route.prefix}${encode(checked.value)}}`)
  }

  join(channel: string, params: object): Promise<unknown> {
    return this.channels.join(this, channel, params)
  }

  channel(channel: string, params: object): unknown {
    return this.channels.channel(channel, params)
  }

  close(code: number = CloseCode.normal, reason = ''): void {
    if (!isSendableCloseCode(code)) {
      throw new RangeError(
        `Cannot close with code ${code}: use 1000 to 1003, 1007 to 1014 or 3000 to 4999`,
      )
    }
    if (this.closed) return
    this.outbox.flush()
    this.closed = true
    this.channels.leaveAll(this)
    this.#own = { code, reason: trimReason(reason) }
    this.transport.close(code, this.#own.reason)
  }

  write(frame: string): void {
    if (this.closed) return
    // What was published before is read before.
    this.channels.flush()
    this.outbox.write(frame)
  }

  /** Ends the connection for what the peer, or a handler, did wrong. */
  fail(code: number, reason: string): void {
    this.#inbox.clear()
    this.close(code, reason)
  }

  /** Tells the observers of an exception; its text goes nowhere else. */
  report(error: unknown, where: string): void {
    emit({ type: 'error', error, where, connection: this.id })
  }

  get blocked(): boolean {
    return this.#blocked
  }

  /** Holds back what comes in until `wait` has settled; it must not reject. */
  block(wait: PromiseLike<unknown>): void {
    this.#blocked = true
    wait.then(() => this.#unblock())
  }

  /** Takes back frames of an array that cannot be handled yet. */
  putBack(frames: readonly unknown[]): void {
    this.#inbox.unshift(frames)
  }

  // what the runtime tells

  open(): void {
    if (this.snapshot.protocol !== '') {
      const limits = { message: this.transport.maxMessageBytes }
      this.write(welcomeFrame({ id: this.id, beat: BEAT_MS, wait: WAIT_MS, limits, features: [] }))
    }
    let result: unknown
    try {
      result = this.behaviour.open?.(this)
    } catch (error) {
      this.#refuse(error)
      return
    }
    if (!isThenable(result)) {
      this.#opened()
      return
    }
    const expiry = {
      deadline: this.deadlines.now() + this.behaviour.limits.openTimeoutMs,
      expire: (): void => this.#refuse(new SocketError('unavailable', 'open took too long')),
    }
    this.deadlines.add(expiry)
    const settled = (then: () => void): void => {
      this.deadlines.delete(expiry)
      if (this.#blocked) then()
    }
    result.then(
      () => settled(() => this.#opened()),
      (error: unknown) => settled(() => this.#refuse(error)),
    )
  }

  message(data: string | Uint8Array): void {
    if (this.closed) return
    if (data === 'ping') this.outbox.writeAlone('pong')
    else if (!this.#blocked) this.#receive(data)
    else if (!this.#inbox.push(data)) this.fail(CloseCode.overloaded, 'too many messages waiting')
  }

  lost(code: number, reason: string): void {
    if (this.gone) return
    this.gone = true
    this.closed = true
    this.channels.leaveAll(this)
    // Runtimes report their own code, the peer's or 0 after a close of ours: say the one we meant.
    this.#ended = { ...(this.#own ?? { code: code || 1006, reason }), wasClean: code !== 1006 && code !== 0 }
    for (const call of this.running) call.drop('connection lost')
    if (!this.#blocked) this.#end()
  }

  #opened(): void {
    this.snapshot.opened = true
    this.transport.persist?.(this.snapshot)
    this.#unblock()
  }

  #refuse(error: unknown): void {
    const refused = error instanceof SocketError
    if (!refused) this.report(error, 'open')
    this.fail(
      refused ? closeCodeOf(error.code) : CloseCode.internalError,
      refused ? error.message : 'internal error',
    )
    this.#unblock()
  }

  #unblock(): void {
    this.#blocked = false
    while (!this.#blocked && !this.#inbox.empty) this.#receive(this.#inbox.shift())
    if (this.gone && !this.#blocked) this.#end()
  }

  #receive(item: unknown): void {
    this.outbox.begin()
    const { last } = this.snapshot
    try {
      receive(this, item)
    } catch (error) {
      this.report(error, 'message')
      this.fail(CloseCode.internalError, 'internal error')
    }
    if (this.snapshot.last !== last) this.transport.persist?.(this.snapshot)
    this.outbox.end()
  }

  /** The last thing a connection does. */
  #end(): void {
    const info = this.#ended
    if (!info) return
    this.#ended = undefined
    try {
      const result = this.behaviour.close?.(this, info)
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.report(error, 'close'))
    } catch (error) {
      this.report(error, 'close')
    }
  }
}

function closeCodeOf(code: string): number {
  switch (code) {
    case 'forbidden':
      return CloseCode.forbidden
    case 'not_found':
      return CloseCode.notFound
    case 'unauthenticated':
      return CloseCode.unauthenticated
    case 'rate_limited':
      return CloseCode.rateLimited
    case 'overloaded':
    case 'unavailable':
      return CloseCode.overloaded
    default:
      return CloseCode.internalError
  }
}

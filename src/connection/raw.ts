import { emit } from '../observe.ts'
import { CloseCode, isSendableCloseCode, trimReason } from '../protocol/close-codes.ts'
import { exceeds } from '../protocol/codec.ts'
import type { Receiver, Snapshot, Transport } from '../runtime/port.ts'
import { isThenable } from './compose.ts'
import { Inbox } from './inbox.ts'
import type { CloseInfo } from './routes.ts'

/** Handlers of a raw socket, without their types. */
export interface RawTable {
  readonly open?: (c: RawLive) => unknown
  readonly message?: (c: RawLive, data: string | Uint8Array) => unknown
  readonly close?: (c: RawLive, info: CloseInfo) => unknown
}

/** One accepted socket that speaks no protocol of ours. */
export class RawLive implements Receiver {
  readonly snapshot: Snapshot
  readonly #transport: Transport
  readonly #handlers: RawTable
  readonly #inbox = new Inbox()
  #blocked: boolean
  #closed = false
  #own: { code: number; reason: string } | undefined
  #lost: CloseInfo | undefined

  constructor(transport: Transport, snapshot: Snapshot, handlers: RawTable) {
    this.#transport = transport
    this.snapshot = snapshot
    this.#handlers = handlers
    this.#blocked = !snapshot.opened
  }

  get id(): string {
    return this.snapshot.id
  }

  get state(): unknown {
    return this.snapshot.state
  }

  get protocol(): string {
    return this.snapshot.protocol
  }

  get bufferedAmount(): number {
    return this.#transport.bufferedAmount ?? 0
  }

  send(data: string | Uint8Array): void {
    if (!this.#closed) this.#transport.send(data)
  }

  close(code: number = CloseCode.normal, reason = ''): void {
    if (!isSendableCloseCode(code)) {
      throw new RangeError(
        `Cannot close with code ${code}: use 1000 to 1003, 1007 to 1014 or 3000 to 4999`,
      )
    }
    if (this.#closed) return
    this.#closed = true
    this.#own = { code, reason: trimReason(reason) }
    this.#transport.close(code, this.#own.reason)
  }

  open(): void {
    this.#contain('open', () => this.#handlers.open?.(this), () => {
      this.snapshot.opened = true
      this.#transport.persist?.(this.snapshot)
      this.#unblock()
    })
  }

  message(data: string | Uint8Array): void {
    if (this.#closed) return
    const most = this.#transport.maxMessageBytes
    if (typeof data === 'string' ? exceeds(data, most) : data.length > most) {
      this.close(CloseCode.tooBig, `at most ${most} bytes a message`)
    } else if (!this.#blocked) this.#handle(data)
    else if (!this.#inbox.push(data)) this.close(CloseCode.overloaded, 'too many messages waiting')
  }

  lost(code: number, reason: string): void {
    if (this.#lost) return
    this.#closed = true
    this.#lost = {
      ...(this.#own ?? { code: code || 1006, reason }),
      wasClean: code !== 1006 && code !== 0,
    }
    if (!this.#blocked) this.#end(this.#lost)
  }

  #handle(data: string | Uint8Array): void {
    this.#contain('message', () => this.#handlers.message?.(this, data))
  }

  #unblock(): void {
    this.#blocked = false
    while (!this.#inbox.empty) this.#handle(this.#inbox.shift() as string | Uint8Array)
    if (this.#lost) this.#end(this.#lost)
  }

  #end(info: CloseInfo): void {
    this.#contain('close', () => this.#handlers.close?.(this, info))
  }

  /** Runs a handler; an exception ends this one connection. */
  #contain(where: string, run: () => unknown, then?: () => void): void {
    const failed = (error: unknown): void => {
      emit({ type: 'error', error, where, connection: this.id })
      this.#inbox.clear()
      this.close(CloseCode.internalError, 'internal error')
      if (this.#blocked) this.#unblock()
    }
    try {
      const result = run()
      if (isThenable(result)) result.then(then, failed)
      else then?.()
    } catch (error) {
      failed(error)
    }
  }
}

import { CloseCode, REFUSAL_CODES } from '../protocol/close-codes.ts'
import { exceeds } from '../protocol/codec.ts'
import type { Snapshot, Transport } from '../runtime/port.ts'
import { isThenable } from './compose.ts'
import { Lifecycle, Refused } from './lifecycle.ts'
import type { CloseInfo } from './routes.ts'

/** Handlers of a raw socket, without their types. */
export interface RawTable {
  readonly open?: ((c: any) => unknown) | undefined
  readonly message?: ((c: any, data: string | Uint8Array) => unknown) | undefined
  readonly close?: ((c: any, info: CloseInfo) => unknown) | undefined
}

/** One accepted socket that speaks no protocol of ours. */
export class RawLive extends Lifecycle {
  readonly #handlers: RawTable
  /** Handlers that have not settled. */
  #running = 0
  protected override readonly openTimeoutMs: number = 30_000

  constructor(
    transport: Transport,
    snapshot: Snapshot,
    handlers: RawTable,
    live: Set<Lifecycle> = new Set(),
  ) {
    super(transport, snapshot, live)
    this.#handlers = handlers
  }

  get protocol(): string {
    return this.snapshot.protocol
  }

  get bufferedAmount(): number {
    return this.transport.bufferedAmount ?? 0
  }

  send(data: string | Uint8Array): void {
    if (!this.closed) this.push(data)
  }

  protected override opening(): unknown {
    return this.#handlers.open?.(this)
  }

  protected override handle(item: unknown): void {
    if (item instanceof Refused) {
      if (this.drains) return
      // Nothing can be answered here, and nothing is lost in silence.
      const { code, message } = item.error
      this.close(REFUSAL_CODES.get(code) ?? CloseCode.internalError, message)
      return
    }
    const data = item as string | Uint8Array
    const most = this.transport.limits.maxMessageBytes
    if (typeof data === 'string' ? exceeds(data, most) : data.length > most) {
      this.close(CloseCode.tooBig, `at most ${most} bytes a message`)
      return
    }
    const result = this.#handlers.message?.(this, data)
    if (isThenable(result)) {
      this.#running++
      result.then(
        () => this.#running--,
        (error: unknown) => {
          this.#running--
          this.crash(error, 'message')
        },
      )
    }
  }

  protected override get quiet(): boolean {
    return super.quiet && this.#running === 0
  }

  protected override closing(): void {}

  protected override ending(info: CloseInfo): unknown {
    return this.#handlers.close?.(this, info)
  }
}

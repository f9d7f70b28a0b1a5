import {
  MAX_MESSAGE_BYTES,
  MAX_QUEUE_BYTES,
  type Receiver,
  type Timers,
  type Transport,
  type Upgrade,
  type WireLimits,
} from './port.ts'

const LIMITS: WireLimits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxQueueBytes: MAX_QUEUE_BYTES }

/** The client's end of a socket in memory. */
export interface MemoryPeer {
  message(data: string | Uint8Array): void
  closed(code: number, reason: string): void
}

/** A socket without a network: what one end says reaches the other in a later microtask, in order. */
export class MemoryTransport implements Transport {
  readonly timers: Timers
  readonly limits: WireLimits = LIMITS
  heard = 0
  readonly bufferedAmount = 0
  readonly #peer: MemoryPeer
  readonly #receiver: Receiver
  #open = true

  constructor(upgrade: Upgrade, peer: MemoryPeer, timers: Timers, env: unknown) {
    this.timers = timers
    this.#peer = peer
    this.#receiver = upgrade.endpoint.accept(this, upgrade.snapshot, env)
    this.#receiver.ended = upgrade.ended
    this.#later(() => this.#receiver.open())
  }

  send(data: string | Uint8Array): boolean {
    if (this.#open) this.#later(() => this.#peer.message(data))
    return true
  }

  ping(): void {
    if (this.#open) this.heard++
  }

  close(code: number, reason: string): void {
    this.#end(() => {
      this.#peer.closed(code, reason)
      this.#receiver.lost(code, reason)
    })
  }

  /** What the client says. */
  say(data: string | Uint8Array): void {
    if (this.#open) this.#later(() => this.#receiver.message(data))
  }

  /** The client closes, or with 1006 vanishes. */
  hangUp(code: number, reason: string): void {
    this.#end(() => {
      this.#receiver.lost(code, reason)
      this.#peer.closed(code, reason)
    })
  }

  #end(task: () => void): void {
    if (!this.#open) return
    this.#open = false
    this.#later(task)
  }

  #later(task: () => void): void {
    queueMicrotask(task)
  }
}

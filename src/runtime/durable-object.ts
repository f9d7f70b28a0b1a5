import { CloudflareTransport, type CloudflareSocket } from './worker.ts'
import type { Snapshot, Timers } from './port.ts'

/** `DurableObjectState`, as far as it is used. */
export interface DurableState {
  acceptWebSocket(socket: CloudflareSocket): void
  getWebSockets(): CloudflareSocket[]
  setWebSocketAutoResponse(pair: unknown): void
}
declare const WebSocketRequestResponsePair: new (request: string, response: string) => unknown

/** Answers a text `ping` without waking the object. */
export function answerPings(state: DurableState): void {
  state.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
}

const OPEN = 1

/** To write after every message costs a tenth of them. */
const PERSIST_MS = 100

/** A socket of a Durable Object: what must survive hibernation is kept with it. */
export class DurableTransport extends CloudflareTransport {
  readonly #durable: CloudflareSocket
  #soon = false

  constructor(socket: CloudflareSocket, maxMessageBytes: number, timers: Timers) {
    super(socket, maxMessageBytes, timers)
    this.#durable = socket
  }

  persist(snapshot: Snapshot): void {
    if (this.#durable.readyState === OPEN) keep(this.#durable, snapshot)
  }

  persistSoon(snapshot: Snapshot): void {
    if (this.#soon) return
    this.#soon = true
    // While a timer is set the object does not sleep.
    this.timers.after(PERSIST_MS, () => {
      this.#soon = false
      this.persist(snapshot)
    })
  }

  override close(code: number, reason: string): void {
    super.close(code, reason)
    try {
      // The end is told before the object can sleep: the connection is not to come back for it.
      this.#durable.serializeAttachment(null)
    } catch {
      // gone already
    }
  }
}

export function keep(socket: CloudflareSocket, snapshot: Snapshot): void {
  const text = JSON.stringify(snapshot)
  try {
    socket.serializeAttachment(text)
  } catch {
    // One character beyond Latin-1, and every character of a string takes two bytes.
    socket.serializeAttachment(new TextEncoder().encode(text))
  }
}

/** What a socket has kept; `undefined` if another version wrote it. */
export function snapshotOf(socket: CloudflareSocket): Snapshot | undefined {
  try {
    const data = socket.deserializeAttachment() as string | Uint8Array
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
    const snapshot = JSON.parse(text) as Snapshot | null
    return snapshot?.v === 1 ? snapshot : undefined
  } catch {
    return undefined
  }
}

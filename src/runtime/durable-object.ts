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

/** What is kept with a socket: all that survives hibernation. */
interface Kept extends Snapshot {
  /** How this side has closed the socket. */
  readonly ended?: { readonly code: number; readonly reason: string }
}

/** A socket of a Durable Object. */
export class DurableTransport extends CloudflareTransport {
  readonly #durable: CloudflareSocket
  readonly #snapshot: Snapshot

  constructor(
    socket: CloudflareSocket,
    maxMessageBytes: number,
    timers: Timers,
    snapshot: Snapshot,
  ) {
    super(socket, maxMessageBytes, timers)
    this.#durable = socket
    this.#snapshot = snapshot
  }

  persist(snapshot: Snapshot): void {
    if (!isClosing(this.#durable)) keep(this.#durable, snapshot)
  }

  override close(code: number, reason: string): void {
    try {
      keep(this.#durable, { ...this.#snapshot, channels: [], ended: { code, reason } })
    } catch {
      // no room for the reason
    }
    super.close(code, reason)
  }
}

const OPEN = 1

/** Nothing more is to be heard from the peer, or said to it. */
export function isClosing(socket: CloudflareSocket): boolean {
  return socket.readyState !== OPEN
}

export function keep(socket: CloudflareSocket, kept: Kept): void {
  const text = JSON.stringify(kept)
  try {
    socket.serializeAttachment(text)
  } catch {
    // One character beyond Latin-1, and every character of a string takes two bytes.
    socket.serializeAttachment(new TextEncoder().encode(text))
  }
}

/** What a socket has kept; `undefined` if another version wrote it. */
export function keptOf(socket: CloudflareSocket): Kept | undefined {
  try {
    const data = socket.deserializeAttachment() as string | Uint8Array
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
    const kept = JSON.parse(text) as Kept | null
    return kept?.v === 1 ? kept : undefined
  } catch {
    return undefined
  }
}

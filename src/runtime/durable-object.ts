import { CloudflareTransport, type CloudflareSocket } from './worker.ts'
import type { Snapshot } from './port.ts'

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

/** A socket of a Durable Object: what must survive hibernation is kept with it. */
export class DurableTransport extends CloudflareTransport {
  readonly #durable: CloudflareSocket

  constructor(socket: CloudflareSocket, maxMessageBytes: number) {
    super(socket, maxMessageBytes)
    this.#durable = socket
  }

  persist(snapshot: Snapshot): void {
    this.#durable.serializeAttachment(JSON.stringify(snapshot))
  }
}

/** What a socket has kept; `undefined` if another version wrote it. */
export function snapshotOf(socket: CloudflareSocket): Snapshot | undefined {
  try {
    const snapshot = JSON.parse(socket.deserializeAttachment() as string) as Snapshot | null
    return snapshot?.v === 1 ? snapshot : undefined
  } catch {
    return undefined
  }
}

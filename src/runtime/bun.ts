import {
  MAX_QUEUE_BYTES,
  type NativeTopics,
  type Receiver,
  type Timers,
  type Transport,
  type Upgrade,
} from './port.ts'
import { systemTimers } from './timers.ts'

/** `Bun.Server`, as far as it is used. */
export interface BunServer extends NativeTopics {
  readonly port: number
  upgrade(request: Request, options: { headers: Headers; data: Pending }): boolean
  stop(force?: boolean): Promise<void>
}

interface BunSocket {
  readonly data: Pending
  readonly readyState: number
  binaryType: string
  send(data: string | Uint8Array): number
  close(code: number, reason: string): void
  getBufferedAmount(): number
  subscribe(topic: string): void
  unsubscribe(topic: string): void
}

/** What travels with a socket from the upgrade to its handlers. */
interface Pending {
  readonly upgrade: Upgrade
  readonly server: BunServer
  readonly env: unknown
  receiver?: Receiver
}

/** Bun writes once for all that one read brought: to hold anything back costs more than it gains. */
const bunTimers: Timers = { ...systemTimers, joins: 'never' }

class BunTransport implements Transport {
  readonly timers: Timers = bunTimers
  readonly maxMessageBytes: number
  readonly topics: NativeTopics
  readonly #ws: BunSocket

  constructor(ws: BunSocket, topics: NativeTopics, maxMessageBytes: number) {
    this.#ws = ws
    this.topics = topics
    this.maxMessageBytes = maxMessageBytes
  }

  get bufferedAmount(): number {
    return this.#ws.getBufferedAmount()
  }

  send(data: string | Uint8Array): void {
    this.#ws.send(data)
  }

  subscribe(topic: string): void {
    this.#ws.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    if (this.#ws.readyState === 1) this.#ws.unsubscribe(topic)
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason)
  }
}

/** The `websocket` part of `Bun.serve`: one set of handlers for all sockets of a server. */
export function bunWebSocket(maxMessageBytes: number): object {
  return {
    maxPayloadLength: maxMessageBytes,
    // Past the limit Bun drops messages and says nothing: end the connection instead.
    backpressureLimit: MAX_QUEUE_BYTES,
    closeOnBackpressureLimit: true,
    perMessageDeflate: false,
    open(ws: BunSocket): void {
      const { data } = ws
      ws.binaryType = 'uint8array'
      const transport = new BunTransport(ws, data.server, maxMessageBytes)
      data.receiver = data.upgrade.endpoint.accept(transport, data.upgrade.snapshot, data.env)
      data.receiver.open()
    },
    message(ws: BunSocket, message: string | Uint8Array): void {
      ws.data.receiver?.message(message)
    },
    close(ws: BunSocket, code: number, reason: string): void {
      ws.data.receiver?.lost(code, reason)
    },
  }
}

/** Bun writes the 101 here, and runs `open` before this returns. */
export function upgradeBun(
  server: BunServer,
  request: Request,
  upgrade: Upgrade,
  headers: Headers,
  env: unknown,
): boolean {
  // Without the header Bun echoes the first subprotocol that the client offers.
  if (!headers.has('Sec-WebSocket-Protocol')) headers.set('Sec-WebSocket-Protocol', '')
  return server.upgrade(request, { headers, data: { upgrade, server, env } })
}

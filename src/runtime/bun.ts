import { Bounded } from './bounded.ts'
import type { NativeTopics, Receiver, Timers, Transport, Upgrade, WireLimits } from './port.ts'
import { systemTimers } from './timers.ts'

/** `Bun.Server`, as far as it is used. */
export interface BunServer extends NativeTopics {
  readonly port: number
  readonly pendingRequests: number
  upgrade(request: Request, options: { headers: Headers; data: Pending }): boolean
  stop(force?: boolean): Promise<void>
  /** Seconds in which a request has to make progress; 0 for ever. */
  timeout(request: Request, seconds: number): void
}

interface BunSocket {
  readonly data: Pending
  readonly readyState: number
  binaryType: string
  send(data: string | Uint8Array): number
  close(code: number, reason: string): void
  getBufferedAmount(): number
  ping(): number
  terminate(): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
}

/** What travels with a socket from the upgrade to its handlers. */
interface Pending {
  readonly upgrade: Upgrade
  readonly server: BunServer
  readonly env: unknown
  transport?: BunTransport
  receiver?: Receiver
}

/** Bun writes once for all that one read brought: to hold anything back costs more than it gains. */
const bunTimers: Timers = { ...systemTimers, joins: 'never' }

class BunTransport extends Bounded implements Transport {
  readonly topics: NativeTopics
  heard = 0
  readonly #ws: BunSocket
  /** Something waited when it was last looked at. */
  #waits = false

  constructor(ws: BunSocket, topics: NativeTopics, limits: WireLimits) {
    super(limits)
    this.#ws = ws
    this.topics = topics
  }

  get timers(): Timers {
    return bunTimers
  }

  get bufferedAmount(): number {
    return this.#ws.getBufferedAmount()
  }

  send(data: string | Uint8Array): boolean {
    if (!this.#waits) {
      if (this.#ws.send(data) >= 0) return true
      this.#waits = true
      this.account(0, this.bufferedAmount)
      return true
    }
    const before = this.bufferedAmount
    if (!this.admits(before)) return false
    this.#ws.send(data)
    this.account(before, this.bufferedAmount)
    this.#waits = before > 0
    return true
  }

  published(bytes: number): boolean {
    const { bufferedAmount } = this
    this.#waits = true
    this.account(Math.max(bufferedAmount - bytes, 0), bufferedAmount)
    return this.admits(bufferedAmount)
  }

  ping(): void {
    this.#ws.ping()
  }

  terminate(): void {
    this.#ws.terminate()
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
export function bunWebSocket(limits: WireLimits): object {
  return {
    maxPayloadLength: limits.maxMessageBytes,
    // Past its own limit Bun drops messages and says nothing: should ours not have come first, it ends
    // the connection instead.
    backpressureLimit: 4 * limits.maxQueueBytes,
    closeOnBackpressureLimit: true,
    // Whatever goes out counts for a sign of life there.
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
    open(ws: BunSocket): void {
      const { data } = ws
      ws.binaryType = 'uint8array'
      const transport = new BunTransport(ws, data.server, limits)
      data.transport = transport
      const { endpoint, snapshot, ended } = data.upgrade
      data.receiver = endpoint.accept(transport, snapshot, data.env)
      data.receiver.ended = ended
      data.receiver.open()
    },
    message(ws: BunSocket, message: string | Uint8Array): void {
      ws.data.receiver?.message(message)
    },
    ping: alive,
    pong: alive,
    close(ws: BunSocket, code: number, reason: string): void {
      ws.data.receiver?.lost(code, reason)
    },
  }
}

function alive({ data }: BunSocket): void {
  if (data.transport) data.transport.heard++
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
  const accepted = server.upgrade(request, { headers, data: { upgrade, server, env } })
  if (!accepted) upgrade.ended?.()
  return accepted
}

import { JSON_PROTOCOL } from '../protocol/subprotocol.ts'
import { Bounded } from './bounded.ts'
import type { Receiver, Timers, Transport, Upgrade, WireLimits } from './port.ts'
import { ownTimers } from './timers.ts'

/** A WebSocket as Cloudflare's runtime has it. */
export interface CloudflareSocket {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount?: number
  accept(): void
  send(data: string | Uint8Array): void
  close(code?: number, reason?: string): void
  addEventListener(type: string, listener: (event: never) => void): void
  serializeAttachment(value: unknown): void
  deserializeAttachment(): unknown
}
declare const WebSocketPair: new () => { 0: CloudflareSocket; 1: CloudflareSocket }

/** `ExecutionContext`, as far as it is used. */
export interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void
}

/** Makes a pair: one end for the response, one for us. */
export function newPair(): { client: CloudflareSocket; server: CloudflareSocket } {
  const { 0: client, 1: server } = new WebSocketPair()
  return { client, server }
}

export function switchingProtocols(client: CloudflareSocket, headers: Headers): Response {
  return new Response(null, { status: 101, headers, webSocket: client } as ResponseInit)
}

/** How many times the queue may be sent at once, where the runtime does not tell what waits. */
const BURST = 4
/** What may be sent for each message of a client there: who speaks is taken to read. */
const EARNED_BYTES = 64 * 1024

export class CloudflareTransport extends Bounded implements Transport {
  readonly timers: Timers
  readonly #socket: CloudflareSocket
  /** What may be sent, in bytes, and when that was so. */
  #budget: number
  #at: number

  constructor(socket: CloudflareSocket, limits: WireLimits, timers: Timers) {
    super(limits)
    this.#socket = socket
    this.timers = timers
    this.#budget = BURST * limits.maxQueueBytes
    this.#at = timers.now()
  }

  get bufferedAmount(): number | undefined {
    return this.#socket.bufferedAmount
  }

  send(data: string | Uint8Array): boolean {
    const before = this.bufferedAmount
    if (before === undefined ? !this.#afford(data.length) : !this.admits(before)) return false
    try {
      this.#socket.send(data)
      if (before !== undefined) this.account(before, this.bufferedAmount ?? 0)
    } catch {
      // the peer is gone, or we closed: the close event tells
    }
    return true
  }

  /** The peer has said something. */
  earn(): void {
    this.#budget += EARNED_BYTES
  }

  /** Builds before November 2026 do not tell what waits: a budget that grows by a queue each second. */
  #afford(bytes: number): boolean {
    const { maxQueueBytes } = this.limits
    const now = this.timers.now()
    const earned = ((now - this.#at) / 1000) * maxQueueBytes
    this.#at = now
    this.#budget = Math.min(this.#budget + earned, BURST * maxQueueBytes)
    if (this.#budget < 0) return false
    this.#budget -= bytes
    return true
  }

  close(code: number, reason: string): void {
    reply(this.#socket, code, reason)
  }
}

/** A socket of a plain Worker. There are no pings of the protocol's own, so a client that speaks ours is asked by a text. */
class WorkerTransport extends CloudflareTransport {
  readonly ping?: () => void

  constructor(socket: CloudflareSocket, limits: WireLimits, protocol: string) {
    super(socket, limits, ownTimers())
    if (protocol === JSON_PROTOCOL) this.ping = () => void this.send('ping')
  }
}

/** The upgrade in a plain Worker: the socket belongs to this request and to no other. */
export function upgradePair(
  upgrade: Upgrade,
  headers: Headers,
  limits: WireLimits,
  env: unknown,
  context: WorkerContext | undefined,
): Response {
  const { client, server } = newPair()
  // From compatibility date 2026-03-17 on the default is 'blob'.
  server.binaryType = 'arraybuffer'
  const transport = new WorkerTransport(server, limits, upgrade.snapshot.protocol)
  const receiver = upgrade.endpoint.accept(transport, upgrade.snapshot, env)
  receiver.ended = upgrade.ended
  // Late listeners lose frames: attach in the turn of accept().
  server.accept()
  listen(server, transport, receiver, context)
  // That a client has left before the 101 is told after it, if anybody is there to hear of it.
  if (upgrade.ended) linger(context)
  receiver.open()
  return switchingProtocols(client, headers)
}

/** How long a request goes on though its client may have left, in milliseconds. */
const LINGER_MS = 5000

function linger(context: WorkerContext | undefined): void {
  context?.waitUntil(new Promise((resolve) => setTimeout(resolve, LINGER_MS)))
}

function listen(
  server: CloudflareSocket,
  transport: CloudflareTransport,
  receiver: Receiver,
  context: WorkerContext | undefined,
): void {
  const lost = (code: number, reason: string): void => {
    // Without this nothing asynchronous survives the close: no `finally`, no close handler's await.
    linger(context)
    receiver.lost(code, reason)
  }
  server.addEventListener('message', ({ data }: { data: string | ArrayBuffer }) => {
    transport.earn()
    receiver.message(typeof data === 'string' ? data : new Uint8Array(data))
  })
  server.addEventListener('close', ({ code, reason }: { code: number; reason: string }) => {
    lost(code, reason)
    // Before compatibility date 2026-04-07 a Close has to be answered by hand.
    reply(server, code, reason)
  })
  // After a protocol error there is no close event.
  server.addEventListener('error', () => lost(1006, ''))
}

/** Closes, or answers a Close; codes that stand for "none" may not be sent. */
export function reply(socket: CloudflareSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason)
  } catch {
    try {
      socket.close()
    } catch {
      // closed already
    }
  }
}

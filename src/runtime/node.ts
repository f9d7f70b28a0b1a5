import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { nextTick } from 'node:process'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { Bounded } from './bounded.ts'
import type { Receiver, Timers, Transport, Upgrade, WireLimits } from './port.ts'
import { systemTimers } from './timers.ts'

export const nodeTimers: Timers = { ...systemTimers, soon: nextTick, joins: 'turn' }

/** How long a peer may take to answer our Close. */
const CLOSE_TIMEOUT_MS = 5000

/** Sockets written to in this turn: what a turn says leaves in one system call, or in one for each 64 KiB. */
let corked: Duplex[] = []
const MAX_CORKED_BYTES = 64 * 1024

function uncork(): void {
  const sockets = corked
  corked = []
  for (const socket of sockets) socket.uncork()
}

/** The text sent last, and its frame: a publication goes to many sockets in a row, framed once. */
let framed: string | undefined
let frame: Buffer

/**
 * Writes frames to the TCP socket itself: a server's frame is a header and the payload. `ws` reads, and does the closing handshake.
 */
class NodeTransport extends Bounded implements Transport {
  readonly #ws: WebSocket
  readonly #socket: Socket
  #closing = false

  constructor(ws: WebSocket, socket: Socket, limits: WireLimits) {
    super(limits)
    this.#ws = ws
    this.#socket = socket
  }

  get timers(): Timers {
    return nodeTimers
  }

  get bufferedAmount(): number {
    return this.#socket.writableLength
  }

  /** Whatever comes in is a sign of life: part of a message, a pong. */
  get heard(): number {
    return this.#socket.bytesRead
  }

  get #open(): boolean {
    return !this.#closing && this.#ws.readyState === 1 && this.#socket.writable
  }

  send(data: string | Uint8Array): boolean {
    if (!this.#open) return true
    const socket = this.#socket
    const before = socket.writableLength
    if (!this.admits(before)) return false
    if (socket.writableCorked === 0) {
      socket.cork()
      if (corked.push(socket) === 1) nextTick(uncork)
    }
    if (typeof data === 'string' && data !== framed) {
      frame = frameOf(data)
      framed = data
    }
    // Bytes may have changed since they were sent before.
    socket.write(typeof data === 'string' ? frame : frameOf(data))
    this.account(before, socket.writableLength)
    // What waits for the end of this turn is not the peer's fault.
    if (socket.writableLength > MAX_CORKED_BYTES) this.#uncork()
    return true
  }

  ping(): void {
    if (this.#open) this.#socket.write(PING)
  }

  close(code: number, reason: string): void {
    this.#closing = true
    this.#ws.close(code, reason)
  }

  terminate(): void {
    // What was said last may reach the peer still.
    this.#uncork()
    this.#ws.terminate()
  }

  #uncork(): void {
    while (this.#socket.writableCorked > 0) this.#socket.uncork()
  }
}

/** RFC 6455 section 5.5.2: an empty one. */
const PING = Buffer.of(0x89, 0)

/** RFC 6455 section 5.2: a final, unmasked text or binary frame. */
function frameOf(data: string | Uint8Array): Buffer {
  const length = typeof data === 'string' ? Buffer.byteLength(data) : data.length
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = typeof data === 'string' ? 0x81 : 0x82
  if (head === 2) frame[1] = length
  else if (head === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  if (typeof data === 'string') frame.write(data, head)
  else frame.set(data, head)
  return frame
}

/** Performs upgrades on Node, with `ws` behind an upgrade listener of our own. */
export class NodeUpgrader {
  readonly #wss: WebSocketServer
  readonly #headers = new WeakMap<IncomingMessage, Headers>()
  readonly #limits: WireLimits

  constructor(limits: WireLimits) {
    this.#limits = limits
    this.#wss = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.maxMessageBytes,
      maxFragments: 1024,
      maxBufferedChunks: 4096,
      closeTimeout: CLOSE_TIMEOUT_MS,
      // The route has chosen, and the header is ours: ws would echo the first offer.
      handleProtocols: () => false,
    } as ConstructorParameters<typeof WebSocketServer>[0])
    this.#wss.on('headers', (lines, request) => {
      for (const [name, value] of this.#headers.get(request) ?? []) lines.push(`${name}: ${value}`)
    })
  }

  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    upgrade: Upgrade,
    headers: Headers,
    env: unknown,
  ): void {
    this.#headers.set(request, headers)
    let accepted = false
    this.#wss.handleUpgrade(request, socket, head, (ws) => {
      accepted = true
      const transport = new NodeTransport(ws, socket as Socket, this.#limits)
      const receiver = upgrade.endpoint.accept(transport, upgrade.snapshot, env)
      receiver.ended = upgrade.ended
      listen(ws, receiver)
      receiver.open()
    })
    // The client has left meanwhile: nothing follows.
    if (!accepted) upgrade.ended?.()
  }
}

function listen(ws: WebSocket, receiver: Receiver): void {
  ws.on('message', (data: Buffer, isBinary: boolean) => {
    // A Buffer may sit in a pool that Node uses again: bytes are copied, text becomes a string.
    receiver.message(isBinary ? new Uint8Array(data) : data.toString())
  })
  ws.on('close', (code, reason) => receiver.lost(code, reason.toString()))
  // A protocol error; 'close' follows.
  ws.on('error', () => {})
}

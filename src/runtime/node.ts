import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { nextTick } from 'node:process'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Receiver, Timers, Transport, Upgrade } from './port.ts'
import { systemTimers } from './timers.ts'

export const nodeTimers: Timers = { ...systemTimers, soon: nextTick, joins: 'turn' }

/** How long a peer may take to answer our Close. */
const CLOSE_TIMEOUT_MS = 5000

/** Sockets written to in this turn: what a turn says leaves in one system call. */
let corked: Duplex[] = []

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
class NodeTransport implements Transport {
  readonly timers: Timers = nodeTimers
  readonly maxMessageBytes: number
  readonly #ws: WebSocket
  readonly #socket: Duplex
  #closing = false

  constructor(ws: WebSocket, socket: Duplex, maxMessageBytes: number) {
    this.#ws = ws
    this.#socket = socket
    this.maxMessageBytes = maxMessageBytes
  }

  get bufferedAmount(): number {
    return this.#socket.writableLength
  }

  send(data: string | Uint8Array): void {
    const socket = this.#socket
    if (this.#closing || this.#ws.readyState !== 1 || !socket.writable) return
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
  }

  close(code: number, reason: string): void {
    this.#closing = true
    this.#ws.close(code, reason)
  }
}

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
  readonly #maxMessageBytes: number

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
    this.#wss = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
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
    this.#wss.handleUpgrade(request, socket, head, (ws) => {
      const transport = new NodeTransport(ws, socket, this.#maxMessageBytes)
      const receiver = upgrade.endpoint.accept(transport, upgrade.snapshot, env)
      listen(ws, receiver)
      receiver.open()
    })
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

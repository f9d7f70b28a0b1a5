import type { Socket } from 'node:net'
import {
  type FrameOptions,
  Opcode,
  acceptFor,
  closePayload,
  encodeFrame,
} from '../../../src/testing/raw-client.ts'

const PROTOCOL = 'denwa.v1.json'

/** A client that has come, in the hands of a server that means no good. */
export class Guest {
  readonly socket: Socket
  readonly #key: string

  constructor(socket: Socket, head: string) {
    this.socket = socket
    this.#key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? ''
  }

  get isThere(): boolean {
    return !this.socket.destroyed && this.socket.writable
  }

  /** Bytes as they are. */
  put(bytes: string | Uint8Array): void {
    if (this.isThere) this.socket.write(bytes)
  }

  answer(status: string, headers: readonly string[] = [], body = ''): void {
    this.put([`HTTP/1.1 ${status}`, ...headers, '', body].join('\r\n'))
  }

  /** A right handshake, but for what is wrong with it on purpose. */
  accept({
    accept = acceptFor(this.#key),
    protocol = PROTOCOL,
    extra = [] as string[],
  } = {}): void {
    this.answer('101 Switching Protocols', [
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
      ...extra,
    ])
  }

  frame(options: FrameOptions): void {
    this.put(encodeFrame({ mask: false, ...options }))
  }

  /** A message for each: a text as it is, anything else as JSON. */
  say(...messages: unknown[]): void {
    for (const each of messages) {
      const payload = typeof each === 'string' ? each : JSON.stringify(each)
      this.frame({ opcode: Opcode.text, payload })
    }
  }

  welcome(more: object = {}): void {
    this.accept()
    this.say({ type: '$welcome', id: 'c_1', beat: 25_000, wait: 10_000, ...more })
  }

  /** A Close, and then the end of TCP. */
  close(code?: number, reason: string | Uint8Array = ''): void {
    const payload = code === undefined ? '' : closePayload(code, reason)
    this.frame({ opcode: Opcode.close, payload })
    if (this.isThere) this.socket.end()
  }

  /** Goes on and on, as fast as it is read and no further than `mostBytes`. */
  pour(piece: () => Uint8Array, mostBytes: number): void {
    let sent = 0
    const more = (): void => {
      while (this.isThere && sent < mostBytes) {
        const bytes = piece()
        sent += bytes.length
        if (!this.socket.write(bytes)) return void this.socket.once('drain', more)
      }
    }
    more()
  }
}

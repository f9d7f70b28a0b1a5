import { type Socket, connect } from 'node:net'
import {
  Opcode,
  closePayload,
  encodeFrame,
  upgradeRequest,
} from '../../../src/testing/raw-client.ts'
import type { UpgradeOptions } from '../../../src/testing/raw-client.ts'

const TICK = '{"channel":"ticks"'

/** One of many: remembers only how it ended. */
export class Member {
  /** Frames, whatever messages they came in, but for ticks. */
  readonly frames: any[] = []
  ticks = 0
  /** The last frame of all. */
  last: any
  code: number | undefined
  /** When its Close came. */
  closedAt = 0
  /** Bytes that came after it. */
  surplus = 0
  readonly ended: Promise<void>
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #upgraded: (() => void) | undefined

  constructor(socket: Socket, upgraded: () => void) {
    this.#socket = socket
    this.#upgraded = upgraded
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    // 'close' follows.
    socket.on('error', () => {})
  }

  send(frame: object): void {
    this.#socket.write(encodeFrame({ opcode: Opcode.text, payload: JSON.stringify(frame) }))
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, bytes]) : bytes
    if (this.#upgraded) {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!this.#bytes.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
        this.#socket.destroy()
        return
      }
      this.#bytes = this.#bytes.subarray(end + 4)
      this.#upgraded()
      this.#upgraded = undefined
    }
    while (this.#frame());
  }

  /** Whether there was a whole one. */
  #frame(): boolean {
    const bytes = this.#bytes
    if (this.code !== undefined) {
      this.surplus += bytes.length
      this.#bytes = bytes.subarray(bytes.length)
      return false
    }
    if (bytes.length < 2) return false
    const opcode = bytes[0]! & 15
    const short = bytes[1]! & 127
    const head = short === 126 ? 4 : 2
    if (short === 127) throw new Error('no frame here is that long')
    if (bytes.length < head) return false
    const length = short === 126 ? bytes.readUInt16BE(2) : short
    if (bytes.length < head + length) return false
    const payload = bytes.subarray(head, head + length)
    this.#bytes = bytes.subarray(head + length)
    if (opcode === Opcode.close) this.#close(payload)
    else if (opcode === Opcode.text) this.#hear(payload.toString())
    return true
  }

  #hear(text: string): void {
    if (text.startsWith(TICK)) {
      // Most of what there is, and not worth to be looked at more closely.
      this.ticks++
      this.last = text
      return
    }
    for (const frame of [JSON.parse(text)].flat()) {
      this.last = frame
      if (frame.channel === 'ticks') this.ticks++
      else this.frames.push(frame)
    }
  }

  #close(payload: Buffer): void {
    this.code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
    this.closedAt = performance.now()
    if (!this.#socket.destroyed) {
      this.#socket.write(encodeFrame({ opcode: Opcode.close, payload: closePayload(this.code) }))
    }
  }
}

/** As many clients, connected. */
export async function crowd(
  url: string,
  count: number,
  options: UpgradeOptions,
): Promise<Member[]> {
  const request = upgradeRequest(url, options)
  const { hostname, port } = new URL(url)
  const join = (): Promise<Member> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(request))
      const member = new Member(socket, () => resolve(member))
      void member.ended.then(() => reject(new Error('no connection')))
    })
  const members: Member[] = []
  // Not more at once than a server has room for in its queue of those who knock.
  while (members.length < count) {
    const size = Math.min(100, count - members.length)
    members.push(...(await Promise.all(Array.from({ length: size }, join))))
  }
  return members
}

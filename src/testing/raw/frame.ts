import { randomBytes } from 'node:crypto'

/** RFC 6455 section 5.2. */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface FrameOptions {
  opcode: number
  payload?: string | Uint8Array
  /** @default true */
  fin?: boolean
  /** The three reserved bits as a number, 4 being RSV1. @default 0 */
  rsv?: number
  /** Clients must mask. @default true */
  mask?: boolean
  /** The length to claim instead of the payload's. */
  length?: bigint
}

export interface Frame {
  readonly opcode: number
  readonly fin: boolean
  readonly rsv: number
  readonly masked: boolean
  readonly payload: Buffer
}

export function encodeFrame(options: FrameOptions): Buffer {
  const { opcode, fin = true, rsv = 0, mask = true } = options
  const payload = Buffer.from(options.payload ?? '')
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const size = encodeLength(options.length ?? BigInt(payload.length), mask ? 0x80 : 0)
  if (!mask) return Buffer.concat([Buffer.of(first), size, payload])
  const key = randomBytes(4)
  return Buffer.concat([Buffer.of(first), size, key, payload.map((byte, i) => byte ^ key[i & 3]!)])
}

export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return Buffer.concat([head, Buffer.from(reason)])
}

/** Takes one whole frame off the front of `bytes`, if there is one. */
export function takeFrame(bytes: Buffer): [Frame, number] | undefined {
  if (bytes.length < 2) return undefined
  const [first, second] = [bytes[0]!, bytes[1]!]
  const masked = (second & 0x80) !== 0
  const short = second & 0x7f
  const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
  if (bytes.length < start) return undefined
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  const data = start + (masked ? 4 : 0)
  if (bytes.length < data + length) return undefined
  const key = bytes.subarray(start, data)
  const body = bytes.subarray(data, data + length)
  const payload = masked
    ? Buffer.from(body.map((byte, i) => byte ^ key[i & 3]!))
    : Buffer.from(body)
  const frame = { opcode: first & 15, fin: first >= 0x80, rsv: (first >> 4) & 7, masked, payload }
  return [frame, data + length]
}

function encodeLength(length: bigint, maskBit: number): Buffer {
  if (length < 126n) return Buffer.of(maskBit | Number(length))
  const bytes = Buffer.alloc(length < 65_536n ? 3 : 9)
  bytes[0] = maskBit | (bytes.length === 3 ? 126 : 127)
  if (bytes.length === 3) bytes.writeUInt16BE(Number(length), 1)
  else bytes.writeBigUInt64BE(length, 1)
  return bytes
}

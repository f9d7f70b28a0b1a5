// Client frames built ahead of time, and server frames counted without being parsed.

/** Four times the same byte, so that a digit can be replaced wherever it stands. Not zero: `ws` skips the work then. */
const mask = 0x37
const digits = 7
/** Stands for a number of seven digits that `Batch` fills in. */
export const slot: string = '#'.repeat(digits)
/** Stands for the offset of a publication: of as many digits as it has. */
export const offsetSlot: string = '%'
export const firstNumber: number = 10 ** (digits - 1)

/** A text frame as a client (masked) or a server writes it; up to 64 KiB. */
export function frame(text: string, masked: boolean): Buffer {
  const payload = Buffer.from(text)
  const { length } = payload
  const size = length < 126 ? [length] : [126, length >> 8, length & 255]
  if (masked) {
    size[0]! |= 0x80
    size.push(mask, mask, mask, mask)
    for (let i = 0; i < length; i++) payload[i]! ^= mask
  }
  return Buffer.concat([Buffer.from([0x81, ...size]), payload])
}

/** Frames that leave, or come back, in one piece; the numbers in their slots grow in place. */
export class Batch {
  readonly bytes: Buffer
  number: number = firstNumber
  #key: number
  #slots: number[] = []

  constructor(texts: string[], masked: boolean) {
    this.#key = masked ? mask : 0
    this.bytes = Buffer.concat(texts.map((text) => frame(text, masked)))
    const mark = Buffer.from(slot).map((byte) => byte ^ this.#key)
    for (let at = -1; (at = this.bytes.indexOf(mark, at + 1)) >= 0;) this.#slots.push(at)
    this.#fill()
  }

  next(): void {
    this.number += this.#slots.length
    this.#fill()
  }

  #fill(): void {
    let { number } = this
    for (const at of this.#slots) {
      for (let i = digits - 1, rest = number++; i >= 0; i--, rest = Math.trunc(rest / 10)) {
        this.bytes[at + i] = (48 + (rest % 10)) ^ this.#key
      }
    }
  }
}

/** Walks a stream of server frames from size to size. */
export class Scanner {
  onFrame: (opcode: number, bytes: number) => void = () => {}
  /** Costs a copy: for the frames of one connection in many, or before the clock starts. */
  onText: ((text: string, opcode: number) => void) | undefined
  #header: Buffer = Buffer.alloc(10)
  #have = 0
  #left = 0
  #text: Buffer[] = []

  feed(buffer: Uint8Array, end: number): void {
    const header = this.#header
    for (let at = 0; at < end;) {
      if (this.#left > 0) {
        const bytes = Math.min(this.#left, end - at)
        if (this.onText) this.#text.push(Buffer.from(buffer.subarray(at, at + bytes)))
        at += bytes
        this.#left -= bytes
        if (this.#left === 0 && this.onText) this.#flush(this.onText)
        continue
      }
      header[this.#have++] = buffer[at++]!
      if (this.#have < 2) continue
      const size = header[1]!
      if (this.#have < (size < 126 ? 2 : size === 126 ? 4 : 10)) continue
      this.#have = 0
      this.#left =
        size < 126 ? size : size === 126 ? header.readUInt16BE(2) : header.readUInt32BE(6)
      this.onFrame(header[0]! & 15, this.#left)
    }
  }

  #flush(onText: (text: string, opcode: number) => void): void {
    const text = Buffer.concat(this.#text).toString()
    this.#text = []
    onText(text, this.#header[0]! & 15)
  }
}

/** How many equally long items a message of this size holds: itself, or the elements of a JSON array. */
export function itemsIn(bytes: number, itemBytes: number): number {
  return bytes === itemBytes ? 1 : (bytes - 1) / (itemBytes + 1)
}

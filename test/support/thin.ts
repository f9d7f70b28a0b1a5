/** Clients by the thousand: each splits what comes into texts, and keeps nothing. */
import { connect } from 'node:net'
import { encodeFrame, upgradeRequest } from '../../src/testing/raw-client.ts'
import type { UpgradeOptions } from '../../src/testing/raw-client.ts'

export interface Thin {
  send(...frames: object[]): void
  /** Ends it without a word. */
  destroy(): void
  /** However that came. */
  readonly ended: Promise<void>
}

/** Connects; texts that follow the 101 are heard from then on. @throws if there is another answer */
export function dialThin(
  url: string,
  options: UpgradeOptions,
  onText: (text: string) => void,
): Promise<Thin> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    const ended = new Promise<void>((end) => socket.once('close', () => end()))
    const split = splitter(onText)
    let upgraded = false
    socket.on('data', (bytes: Buffer) => {
      if (upgraded) return split(bytes)
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0 || !bytes.toString('latin1', 0, 12).startsWith('HTTP/1.1 101')) {
        socket.destroy(new Error(`refused: ${bytes.toString('latin1')}`))
        return
      }
      upgraded = true
      resolve({
        ended,
        send: (...frames) => {
          const payload = JSON.stringify(frames.length === 1 ? frames[0] : frames)
          socket.write(encodeFrame({ opcode: 1, payload }))
        },
        destroy: () => socket.destroy(),
      })
      split(bytes.subarray(end + 4))
    })
    // 'close' follows.
    socket.on('error', reject)
    void ended.then(() => reject(new Error('closed before the 101')))
    socket.write(upgradeRequest(url, options))
  })
}

/** Frames that are no texts are passed over. */
function splitter(onText: (text: string) => void): (bytes: Buffer) => void {
  let parts: Buffer[] = []
  let have = 0
  let wanted = 2
  return (bytes) => {
    parts.push(bytes)
    have += bytes.length
    if (have < wanted) return
    let all = parts.length === 1 ? bytes : Buffer.concat(parts)
    for (;;) {
      wanted = frameLength(all)
      if (all.length < wanted) break
      const payload = all.subarray(headLength(all), wanted)
      if ((all[0]! & 15) === 1) onText(payload.toString())
      all = all.subarray(wanted)
    }
    parts = [all]
    have = all.length
  }
}

function headLength(bytes: Buffer): number {
  const short = bytes[1]! & 127
  return short < 126 ? 2 : short === 126 ? 4 : 10
}

/** Of the frame that begins here; as much of it as tells, as long as that is not known. */
function frameLength(bytes: Buffer): number {
  if (bytes.length < 2) return 2
  const head = headLength(bytes)
  if (bytes.length < head) return head
  if (head === 2) return head + (bytes[1]! & 127)
  return head + (head === 4 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6))
}

/** So many, not more of them at a time than a server has room for in its queue of those who knock. */
export async function many<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  while (made.length < count) {
    const size = Math.min(100, count - made.length)
    made.push(...(await Promise.all(Array.from({ length: size }, (_, i) => make(made.length + i)))))
  }
  return made
}

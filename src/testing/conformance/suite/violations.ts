import {
  closePayload,
  encodeFrame,
  type FrameOptions,
  Opcode,
  type RawSocket,
} from '../../raw-client.ts'
import type { Kit } from '../kit.ts'

const BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]

/** Frames that are wrong: closed with the right code where the runtime looks, the documented gap where it does not. */
export function violations(kit: Kit): void {
  const { expect, can } = kit
  const raw = kit.given(can.tcp, 'no TCP')

  const always: Record<string, FrameOptions[]> = {
    'RSV1 without an extension': [{ opcode: 1, rsv: 4, payload: 'x' }],
    RSV2: [{ opcode: 1, rsv: 2, payload: 'x' }],
    'opcode 3': [{ opcode: 3, payload: 'x' }],
    'opcode 11': [{ opcode: 11 }],
    'a fragmented ping': [{ opcode: 9, fin: false }],
    'a continuation of nothing': [{ opcode: 0, payload: 'x' }],
    'a text inside a fragmented text': [
      { opcode: 1, fin: false, payload: 'a' },
      { opcode: 1, payload: 'b' },
    ],
  }
  for (const [name, bad] of Object.entries(always)) {
    raw.attack(`${name} ends the connection`, async (it) => {
      const socket = await it.socket('/raw')
      for (const frame of bad) socket.frame(frame)
      await refused(socket, 1002)
    })
  }

  const utf8 = {
    'a lone continuation byte': [Buffer.of(0x80)],
    'an encoded surrogate': [Buffer.of(0xed, 0xa0, 0x80)],
    'an overlong slash': [Buffer.of(0xc0, 0xaf)],
    'half a character at the end': [Buffer.of(0x61, 0xe2, 0x82)],
    'a bad byte in the second fragment': [Buffer.from('ok'), Buffer.of(0xff)],
  }
  for (const [name, pieces] of Object.entries(utf8)) {
    raw.attack(`text with ${name}`, async (it) => {
      const socket = await it.socket('/raw')
      socket.fragments(pieces)
      if (can.invalidUtf8 === 'delivered') expect(await socket.next()).toContain('\ufffd')
      else await refused(socket, 1007)
    })
  }

  raw.attack('a frame without a mask', async (it) => {
    const socket = await it.socket('/raw')
    socket.frame({ opcode: 1, payload: 'x', mask: false })
    if (can.unmasked === 'accepted') expect(await socket.next()).toBe('x')
    else await refused(socket, 1002)
  })

  raw.attack('a ping of 126 bytes', async (it) => {
    const socket = await it.socket('/raw')
    socket.ping('x'.repeat(126))
    if (can.longControl === 'accepted') expect((await socket.nextFrame()).payload).toHaveLength(126)
    else await refused(socket, 1002)
  })

  for (const code of BAD_CODES) {
    raw.attack(`Close ${code} from the client`, async (it) => {
      const socket = await it.socket(`/socket/${it.room}`)
      socket.close(code, 'bad')
      if (can.badCloseCodes === 'accepted') await socket.closed()
      else expect((await socket.closed()).code).toBe(1002)
    })
  }
  raw.attack('a Close of one byte, or with a reason that is not UTF-8', async (it) => {
    for (const payload of [Buffer.of(3), closePayload(1000, Buffer.of(0xff))]) {
      const socket = await it.socket('/raw')
      socket.frame({ opcode: Opcode.close, payload })
      await socket.closed()
    }
  })

  raw.attack('frames in pieces, then a reset', async (it) => {
    for (const path of ['/raw', `/socket/${it.room}`]) {
      const whole = encodeFrame({ opcode: 1, payload: 'x'.repeat(200) })
      for (const length of [1, 2, 3, 5, 7, 9, 100]) {
        const socket = await it.socket(path)
        socket.wire.write(whole.subarray(0, length))
        socket.reset()
      }
    }
  })

  raw.attack(
    'half a megabyte of noise',
    async (it) => {
      for (let seed = 1; seed <= 8; seed++) {
        const socket = await it.socket(`/socket/${it.room}`)
        socket.wire.write(noise(seed, 65_536))
        await socket.closed(3_000)
      }
    },
    30_000,
  )

  raw.attack('ten thousand pings that nobody reads', async (it) => {
    const socket = await it.socket('/raw', { autoClose: false })
    socket.wire.pause()
    const ping = encodeFrame({ opcode: Opcode.ping, payload: 'x'.repeat(100) })
    for (let i = 0; i < 100; i++) socket.wire.write(Buffer.concat(Array(100).fill(ping)))
    await it.alive()
    socket.reset()
  })

  async function refused(socket: RawSocket, code: number): Promise<void> {
    const closed = await socket.closed()
    expect(closed.code).toBe(can.violations === 'close' ? code : 1006)
  }
}

/** Bytes that look random and are the same in every run. */
function noise(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed * 2_654_435_761
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

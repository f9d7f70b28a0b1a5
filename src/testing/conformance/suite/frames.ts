import { Opcode, type RawSocket } from '../../raw-client.ts'
import { type Kit, sleep } from '../kit.ts'

const SIZES = [0, 1, 125, 126, 127, 4_096, 65_535, 65_536]

/** Frames that are right: RFC 6455 section 5. */
export function frames(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')

  kit.test('text and bytes come back as they went', async (it) => {
    const link = await it.link('/raw')
    for (const text of ['hello', '', 'ping', '\u0000', 'é😀\u{10ffff}', '\u2028']) {
      link.send(text)
      expect(await link.message(2_000)).toBe(text)
    }
    link.send(Uint8Array.of(0, 255, 1))
    expect([...((await link.message(2_000)) as Uint8Array)]).toEqual([0, 255, 1])
  })

  kit.test('a handler gets text as string and bytes as Uint8Array', async (it) => {
    const link = await it.link('/raw-types')
    link.send('text')
    expect(await link.message(2_000)).toBe('text')
    link.send(Uint8Array.of(1))
    expect(await link.message(2_000)).toBe('Uint8Array')
  })

  kit.test('every event has the same connection object', async (it) => {
    const link = await it.link('/raw-identity')
    link.send('same?')
    expect(await link.message(2_000)).toBe('true')
  })

  for (const size of SIZES) {
    raw.test(`${size} bytes come back`, async (it) => {
      const socket = await it.socket('/raw')
      const bytes = Buffer.alloc(size, 'x')
      socket.send(bytes)
      expect(bytes.equals((await socket.next()) as Buffer)).toBe(true)
    })
  }

  raw.test('the server does not mask, and sets no reserved bit', async (it) => {
    const socket = await it.socket('/raw')
    socket.send('x')
    const frame = await socket.nextFrame()
    expect({ ...frame, payload: `${frame.payload}` }).toEqual({
      opcode: Opcode.text,
      fin: true,
      rsv: 0,
      masked: false,
      payload: 'x',
    })
  })

  raw.test('fragments are put together, also through a character', async (it) => {
    const socket = await it.socket('/raw')
    const euro = Buffer.from('€')
    socket.fragments(['a', '', 'b', euro.subarray(0, 1), euro.subarray(1), ''])
    expect(await socket.next()).toBe('ab€')
    socket.fragments([Buffer.of(1), Buffer.of(2)], Opcode.binary)
    expect([...((await socket.next()) as Buffer)]).toEqual([1, 2])
  })

  raw.test('a ping between fragments is answered at once', async (it) => {
    const socket = await it.socket('/raw')
    socket.frame({ opcode: Opcode.text, fin: false, payload: 'a' })
    socket.ping('now')
    expect(await pong(socket)).toBe('now')
    socket.frame({ opcode: Opcode.continuation, payload: 'b' })
    expect(await socket.next()).toBe('ab')
  })

  raw.test('pings are answered with their payload, on typed and raw sockets', async (it) => {
    for (const path of ['/raw', `/socket/${it.room}`]) {
      const socket = await it.socket(path)
      for (const payload of ['', 'x', 'y'.repeat(125)]) {
        socket.ping(payload)
        expect(await pong(socket)).toBe(payload)
      }
    }
  })

  raw.test('an unasked pong is ignored', async (it) => {
    const socket = await it.socket('/raw')
    socket.frame({ opcode: Opcode.pong, payload: 'unasked' })
    socket.send('x')
    expect(await socket.next()).toBe('x')
  })

  raw.test('a frame that arrives byte by byte', async (it) => {
    const socket = await it.socket('/raw')
    for (const byte of [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]) {
      socket.wire.write(Uint8Array.of(byte))
      await sleep(2)
    }
    expect(await socket.next()).toBe('hi')
  })

  raw.test('two hundred frames in one segment, in order', async (it) => {
    const socket = await it.socket('/raw')
    for (let i = 0; i < 200; i++) socket.send(`${i}`)
    for (let i = 0; i < 200; i++) expect(await socket.next()).toBe(`${i}`)
  })

  raw.test('the text ping is answered by pong on a typed socket', async (it) => {
    const socket = await it.socket(`/socket/${it.room}`)
    socket.send('ping')
    expect(await socket.next()).toBe('pong')
    socket.fragments(['pi', 'ng'])
    expect(await socket.next()).toBe('pong')
  })

  raw.test('permessage-deflate is never negotiated, or never in the way', async (it) => {
    const offer = 'permessage-deflate; client_max_window_bits'
    const socket = await it.socket('/raw', { headers: { 'sec-websocket-extensions': offer } })
    const extension = socket.answer.header('sec-websocket-extensions')
    if (kit.can.compression === 'forced') expect(extension).toContain('permessage-deflate')
    else expect(extension).toBeUndefined()
    socket.send('plain')
    const frame = await socket.nextFrame()
    expect(frame.rsv).toBe(kit.can.compression === 'forced' ? 4 : 0)
    await it.alive()
  })

  raw.attack('extensions that nobody knows, or badly written', async (it) => {
    for (const offer of [
      'constructor',
      'x; a=1',
      ';;',
      'permessage-deflate; server_max_window_bits=99',
      '__proto__; x="',
    ]) {
      const answer = await it.handshake('/raw', { headers: { 'sec-websocket-extensions': offer } })
      expect([101, 400]).toContain(answer.status)
    }
  })
}

async function pong(socket: RawSocket): Promise<string> {
  for (;;) {
    const frame = await socket.nextFrame()
    if (frame.opcode === Opcode.pong) return `${frame.payload}`
  }
}

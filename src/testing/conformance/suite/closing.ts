import { encodeFrame } from '../../raw-client.ts'
import { type Kit, sleep } from '../kit.ts'

/** Both sides of the closing handshake: RFC 6455 section 7. */
export function closing(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')

  for (const code of [1000, 1001, 3000, 4321, undefined]) {
    raw.test(
      `Close ${code ?? 'without a code'} from the client is answered, and TCP ends`,
      async (it) => {
        for (const path of ['/raw', `/socket/${it.room}`]) {
          const socket = await it.socket(path)
          socket.close(code, code === undefined ? '' : 'bye')
          const answer = await socket.closed()
          expect(answer.wasClean).toBe(true)
          if (code !== undefined) expect(answer.code).toBe(code)
          await socket.ended()
        }
      },
    )
  }

  kit.test('the close handler runs once, with the code and the reason', async (it) => {
    const socket = await it.open()
    socket.close(4321, 'bye')
    const notes = await it.trace((all) => all.some((note) => note.startsWith('close')))
    await sleep(50)
    expect(notes.filter((note) => note.startsWith('close'))).toEqual(['close 4321 bye'])
    expect(await it.trace()).toEqual(notes)
  })

  const ends: Record<string, 'reset' | 'fin' | 'destroy'> = { reset: 'reset', fin: 'fin' }
  for (const [name, how] of Object.entries(ends)) {
    raw.attack(
      `a client that ends with a TCP ${name} is 1006, once`,
      async (it) => {
        const socket = await it.socket(`/socket/${it.room}`)
        await it.trace((notes) => notes.includes('opened'))
        socket.wire[how]()
        const closes = (notes: string[]): string[] =>
          notes.filter((note) => note.startsWith('close'))
        const notes = await it.trace((all) => closes(all).length > 0, 12_000)
        expect(closes(notes)).toHaveLength(1)
        expect(closes(notes)[0]).toMatch(/^close 1006/)
      },
      20_000,
    )
  }

  for (const [code, reason] of [
    [1000, ''],
    [4321, 'enough'],
    [1013, 'later'],
    [3000, 'é'.repeat(61)],
  ] as const) {
    kit.test(`the server closes with ${code}`, async (it) => {
      const socket = await it.open()
      socket.request('close', 1, { code, reason })
      expect(await socket.closed()).toMatchObject({ code, reason })
    })
  }

  raw.test('the server closes with its code while the client goes on talking', async (it) => {
    for (let i = 0; i < 10; i++) {
      const socket = await it.socket(`/socket/${it.room}`)
      const close = { type: 'close', id: 1, data: { code: 4321, reason: 'enough' } }
      const frames = [close, ...Array.from({ length: 20 }, () => ({ type: 'note', data: {} }))]
      socket.wire.write(
        Buffer.concat(
          frames.map((frame) => encodeFrame({ opcode: 1, payload: JSON.stringify(frame) })),
        ),
      )
      expect((await socket.closed()).code).toBe(4321)
    }
  })

  kit.test('close without a code is 1000 or none', async (it) => {
    const socket = await it.open()
    socket.request('close', 1, {})
    expect([1000, 1005]).toContain((await socket.closed()).code)
  })

  kit.test('a reason over 123 bytes is cut at a character', async (it) => {
    const socket = await it.open()
    socket.request('close', 1, { code: 4321, reason: `a${'é'.repeat(200)}` })
    const { code, reason } = await socket.closed()
    expect(code).toBe(4321)
    expect(reason).toMatch(/^aé*$/)
    expect(Buffer.byteLength(reason)).toBeGreaterThan(100)
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
  })

  for (const code of [0, 999, 1005, 1006, 1015, 2000, 5000, 70_000, 1.5]) {
    kit.attack(`the server never sends Close ${code}`, async (it) => {
      const socket = await it.open()
      socket.request('close', 1, { code, reason: 'x' })
      socket.request('echo', 2, { text: 'still here' })
      const closed = await socket.closed(500).catch(() => undefined)
      if (closed) expect(closed.code).toBe(1011)
      else expect((await socket.next()).error.code).toBe('internal')
    })
  }

  kit.attack('send and close in the close handler do nothing', async (it) => {
    const socket = await it.open(`/socket/${it.room}?close=send`)
    socket.close(1000)
    expect((await socket.closed()).code).toBe(1000)
    await it.trace((notes) => notes.some((note) => note.startsWith('close')))
  })

  kit.attack('a send that comes too late does nothing', async (it) => {
    const [socket, cut] = [await it.open(), await it.open()]
    socket.message('later', { text: 'too late' })
    cut.message('later', { text: 'too late' })
    socket.request('close', 1, { code: 1000 })
    await socket.closed()
    cut.destroy()
    await sleep(100)
  })

  raw.test('TCP ends after the server has closed', async (it) => {
    const socket = await it.socket(`/socket/${it.room}`)
    socket.send('{"type":"close","id":1,"data":{"code":4321}}')
    await socket.closed()
    await socket.ended()
  })

  raw.attack('no reply is written after close', async (it) => {
    const socket = await it.socket(`/socket/${it.room}`, { autoClose: false })
    socket.send('{"type":"wait","id":1,"data":{"ms":50}}')
    socket.send('{"type":"close","id":2,"data":{"code":4321}}')
    expect((await socket.closed()).code).toBe(4321)
    socket.send('{"type":"note","data":{"text":"after close"}}')
    await sleep(150)
    expect(await it.trace()).not.toContain('note after close')
  })

  raw.attack(
    'a peer that never answers Close is cut',
    async (it) => {
      const socket = await it.socket(`/socket/${it.room}`, { autoClose: false })
      socket.send('{"type":"close","id":1,"data":{"code":4321}}')
      expect((await socket.closed()).code).toBe(4321)
      const closes = (notes: string[]): boolean => notes.some((note) => note.startsWith('close '))
      expect(closes(await it.trace(closes, 8_000))).toBe(true)
    },
    20_000,
  )
}

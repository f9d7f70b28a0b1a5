import { encodeFrame, type RawSocket } from '../../raw-client.ts'
import { type Kit, sleep } from '../kit.ts'

const MAX = 65_536

/** Limits hold before any work is done. */
export function limits(kit: Kit): void {
  const { expect, can } = kit
  const raw = kit.given(can.tcp, 'no TCP')

  kit.test('a message of exactly 64 KiB is served', async (it) => {
    const socket = await it.open()
    const empty = JSON.stringify({ type: 'note', data: { text: '' } })
    socket.message('note', { text: 'x'.repeat(MAX - empty.length) })
    expect((await socket.next()).data.text).toHaveLength(MAX - empty.length)
  })

  kit.attack('one byte more is closed with 1009', async (it) => {
    const socket = await it.open()
    const empty = JSON.stringify({ type: 'note', data: { text: '' } })
    socket.message('note', { text: 'x'.repeat(MAX - empty.length + 1) })
    expect((await socket.closed()).code).toBe(1009)
    expect(await it.trace()).not.toContain('note')
    const link = await it.link('/raw')
    link.send(new Uint8Array(MAX + 1))
    expect((await link.closed(2_000)).code).toBe(1009)
  })

  kit.attack('bytes count, not characters', async (it) => {
    const socket = await it.open()
    socket.message('note', { text: '€'.repeat(22_000) })
    expect((await socket.closed()).code).toBe(1009)
  })

  raw.attack('a message too long in fragments is closed with 1009', async (it) => {
    for (const path of ['/raw', `/socket/${it.room}`]) {
      const socket = await it.socket(path)
      socket.fragments(Array.from({ length: 17 }, () => 'x'.repeat(4_096)))
      expect((await socket.closed()).code).toBe(1009)
    }
  })

  for (const length of [2n ** 62n, 2n ** 63n + 5n, 2n ** 40n, 200n * 1024n * 1024n]) {
    raw.attack(`a frame that claims ${length} bytes is cut within a second`, async (it) => {
      const socket = await it.socket('/raw')
      socket.frame({ opcode: 2, length, payload: 'x' })
      const { code } = await socket.closed(1_000)
      expect([1002, 1006, 1009]).toContain(code)
    })
  }

  raw.attack('endless fragments of one byte', async (it) => {
    const socket = await it.socket('/raw')
    const some = Buffer.concat(
      Array.from({ length: 1_000 }, () => encodeFrame({ opcode: 0, fin: false, payload: 'x' })),
    )
    socket.frame({ opcode: 1, fin: false, payload: 'x' })
    for (let i = 0; i < 70 && socket.wire.end === undefined; i++) {
      socket.wire.write(some)
      await sleep(1)
    }
    if (can.endlessFragments === 'kept') socket.reset()
    else expect([1008, 1009]).toContain((await socket.closed()).code)
  })

  raw.attack('endless empty fragments', async (it) => {
    const socket = await it.socket('/raw')
    const some = Buffer.concat(
      Array.from({ length: 1_000 }, () => encodeFrame({ opcode: 0, fin: false })),
    )
    socket.frame({ opcode: 1, fin: false })
    for (let i = 0; i < 20; i++) socket.wire.write(some)
    await it.alive()
    socket.reset()
  })

  kit.attack('a payload of many faults: five issues, 2 KiB, at once', async (it) => {
    const socket = await it.open()
    const list = Array.from({ length: 16_000 }, () => 0)
    const started = Date.now()
    socket.message('faulty', list)
    const text = (await socket.raw()) as string
    expect(Date.now() - started).toBeLessThan(1_000)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_048)
    const { error } = JSON.parse(text)
    expect(error.code).toBe('invalid')
    expect(error.issues.length).toBeGreaterThan(0)
    expect(error.issues.length).toBeLessThanOrEqual(5)
    for (const issue of error.issues) expect(Object.keys(issue).sort()).toEqual(['message', 'path'])
  })

  kit.attack('a fault with a path of 60 KiB', async (it) => {
    const socket = await it.open()
    socket.message('faulty', ['€'.repeat(20_000)])
    const text = (await socket.raw()) as string
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_048)
    expect(JSON.parse(text).error.code).toBe('invalid')
  })

  kit.test('a payload that breaks its schema is invalid, with where and why', async (it) => {
    const socket = await it.open()
    socket.request('echo', 1, { text: 5 })
    const issues = [{ path: ['text'], message: 'expected text' }]
    expect(await socket.next()).toMatchObject({ id: 1, error: { code: 'invalid', issues } })
    socket.message('note', {})
    const frame = await socket.next()
    expect(frame.id).toBeUndefined()
    expect(frame).toMatchObject({ error: { code: 'invalid', issues } })
    socket.frame({ type: 'note' })
    expect((await socket.next()).error.code).toBe('invalid')
    expect((await it.trace()).some((note) => note.startsWith('note'))).toBe(false)
  })

  const hostile: Record<string, string> = {
    __proto__:
      '{"type":"any","id":1,"data":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}',
    'a frame with __proto__': '{"type":"any","id":1,"__proto__":{"polluted":true},"data":{}}',
    'keys twice': '{"type":"any","type":"any","id":1,"id":1,"data":{"a":1,"a":2}}',
    '8,000 keys': `{"type":"any","id":1,"data":{${Array.from({ length: 7_000 }, (_, i) => `"${i}":0`).join()}}}`,
    'a lone surrogate': '{"type":"any","id":1,"data":"\\ud800"}',
    'a NUL in a text': '{"type":"any","id":1,"data":"\\u0000"}',
    'a large number': '{"type":"any","id":1,"data":9007199254740993}',
  }
  for (const [name, text] of Object.entries(hostile)) {
    kit.attack(`${name} is harmless`, async (it) => {
      const socket = await it.open()
      const started = Date.now()
      socket.text(text)
      const frame = await socket.next()
      expect(frame.id).toBe(1)
      expect(Date.now() - started).toBeLessThan(500)
      expect((await it.fetch('/polluted')).body).toBe('false')
    })
  }
  kit.test('1e400 is no number', async (it) => {
    const socket = await it.open()
    socket.text('{"type":"mark","data":{"n":1e400}}')
    expect((await socket.next()).error.code).toBe('invalid')
  })

  kit.attack('thousands of frames while open is still awaiting', async (it) => {
    const socket = await it.open(`/socket/${it.room}?openMs=300`)
    for (let i = 0; i < 5_000; i++) socket.message('note', { text: 'x'.repeat(500) })
    await it.alive()
    await Promise.race([socket.closed(3_000), socket.next(3_000)])
  })

  raw.attack('a reader that stalls does not stop the others', async (it) => {
    const slow: RawSocket = await it.socket(`/socket/${it.room}`)
    slow.wire.pause()
    for (let id = 1; id <= 60; id++) {
      slow.send(JSON.stringify({ type: 'echo', id, data: { text: 'x'.repeat(60_000) } }))
    }
    await it.alive()
    slow.reset()
  })
}

import type { Kit } from '../kit.ts'

const MAX_DEPTH = 32

/** Messages that ask for no answer, and input that is no frame. */
export function messages(kit: Kit): void {
  const { expect } = kit

  kit.test('a message runs its handler, which may send an event', async (it) => {
    const socket = await it.open()
    socket.message('note', { text: 'hi' })
    expect(await socket.next()).toEqual({ type: 'noted', data: { text: 'hi' } })
  })

  kit.test('an event may be sent long after its handler has returned', async (it) => {
    const socket = await it.open()
    socket.message('later', { text: 'hi' })
    expect(await socket.next()).toEqual({ type: 'noted', data: { text: 'hi' } })
  })

  kit.test('unknown fields of a frame are ignored', async (it) => {
    const socket = await it.open()
    socket.frame({ type: 'note', data: { text: 'hi', more: 1 }, trace: 'x', '': null })
    expect((await socket.next()).type).toBe('noted')
  })

  kit.test('white space around a frame is JSON', async (it) => {
    const socket = await it.open()
    socket.text(' \n{"type":"note","data":{"text":"hi"}}\t')
    expect((await socket.next()).data.text).toBe('hi')
  })

  const malformed: Record<string, string> = {
    'no JSON': 'hello',
    nothing: '',
    'half a frame': '{"type":"note"',
    'a number': '1',
    'a string': '"note"',
    null: 'null',
    'no type': '{"data":1}',
    'a type that is no string': '{"type":1}',
    'a BOM': '\ufeff{"type":"note"}',
    'a NUL': '{"type":"note"}\0',
    'a control character in a string': '{"type":"no\nte"}',
    'depth 33': `{"type":"note","data":${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}}`,
    'depth 30,000': `{"type":"note","data":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    'depth 30,000 without an end': '['.repeat(60_000),
    'an array in an array': '[[{"type":"note","data":{"text":"x"}}]]',
    PING: 'PING',
  }
  for (const [name, text] of Object.entries(malformed)) {
    kit.attack(`${name} is a bad_frame, and the connection goes on`, async (it) => {
      const socket = await it.open()
      const started = Date.now()
      socket.text(text)
      const { id, error } = await socket.next()
      expect(Date.now() - started).toBeLessThan(500)
      expect(id).toBeUndefined()
      expect(error.code).toBe('bad_frame')
      expect(typeof error.message).toBe('string')
      socket.request('echo', 1, { text: 'on' })
      expect(await socket.next()).toEqual({ id: 1, data: { text: 'on' } })
    })
  }

  kit.test('depth 32 is allowed, and brackets inside a string are no depth', async (it) => {
    const socket = await it.open()
    const deep = `${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}`
    socket.text(`{"type":"any","id":1,"data":${deep}}`)
    expect(JSON.stringify((await socket.next()).data)).toBe(deep)
    const text = `${'[{"\\'.repeat(200)}`
    socket.request('echo', 2, { text })
    expect((await socket.next()).data.text).toBe(text)
  })

  kit.test('an unknown type is an error without an id, and with it if it has one', async (it) => {
    const socket = await it.open()
    for (const type of [
      'nope',
      '',
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'valueOf',
      '$nope',
      '$',
      '$constructor',
    ]) {
      socket.frame({ type, data: {} })
      expect(await socket.next()).toMatchObject({ error: { code: 'unknown' } })
    }
    socket.frame({ type: 'nope', id: 1 })
    expect(await socket.next()).toMatchObject({ id: 1, error: { code: 'unknown' } })
    socket.frame({ type: '$nope', id: 2 })
    expect(await socket.next()).toMatchObject({ id: 2, error: { code: 'unknown' } })
  })

  kit.test('what the client must not say itself is not taken', async (it) => {
    const socket = await it.open()
    for (const type of ['$welcome', '$joined', '$left', '$gap', '$bye', '$reauth']) {
      socket.frame({ type, channel: `room/${it.room}`, data: {} })
      expect((await socket.next()).error).toBeDefined()
    }
  })

  kit.attack('bytes on a text protocol are closed with 1003', async (it) => {
    const socket = await it.open()
    socket.text(new TextEncoder().encode('{"type":"note","data":{"text":"x"}}'))
    expect((await socket.closed()).code).toBe(1003)
    expect((await it.trace()).some((note) => note.startsWith('note'))).toBe(false)
  })

  kit.test('several frames in one message are handled in order', async (it) => {
    const socket = await it.open()
    socket.frame([1, 2, 3].map((n) => ({ type: 'mark', data: { n } })))
    expect((await socket.take(3)).map((frame) => frame.data.n)).toEqual([1, 2, 3])
  })

  kit.test('64 frames in one message, not 65', async (it) => {
    const socket = await it.open()
    const frames = Array.from({ length: 65 }, (_, n) => ({ type: 'mark', data: { n } }))
    socket.frame(frames.slice(1))
    expect(await socket.take(64)).toHaveLength(64)
    socket.frame(frames)
    expect((await socket.next()).error.code).toBe('bad_frame')
    socket.request('echo', 1, { text: 'none of the 65 ran' })
    expect((await socket.next()).id).toBe(1)
  })

  kit.test('a bad frame among good ones is answered, the good ones run', async (it) => {
    const socket = await it.open()
    socket.frame([
      { type: 'mark', data: { n: 1 } },
      { type: 'nope' },
      { type: 'mark', data: { n: 2 } },
    ])
    const frames = await socket.take(3)
    expect(frames.map((frame) => frame.data?.n ?? frame.error.code)).toEqual([1, 'unknown', 2])
  })
}

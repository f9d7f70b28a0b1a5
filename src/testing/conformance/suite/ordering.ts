import type { Kit } from '../kit.ts'

/** What comes first is started first, and nothing of a connection runs before `open` has settled. */
export function ordering(kit: Kit): void {
  const { expect } = kit

  kit.test('frames that arrive while open awaits are kept, in order', async (it) => {
    const socket = await it.open(`/socket/${it.room}?openMs=150`)
    for (let n = 0; n < 20; n++) socket.message('mark', { n })
    socket.message('note', { text: 'early' })
    const frames = await socket.take(22)
    expect(frames[0].type).toBe('opened')
    expect(frames.slice(1, 21).map((frame) => frame.data.n)).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    )
    expect(await it.trace()).toEqual(['state', 'open', 'opened', 'note early'])
  })

  kit.test('a close while open awaits comes after it', async (it) => {
    const socket = await it.open(`/socket/${it.room}?openMs=100`)
    socket.message('note', { text: 'before the close' })
    socket.close(1000)
    const closed = (notes: string[]): boolean => notes.some((note) => note.startsWith('close'))
    const notes = await it.trace(closed)
    expect(notes.indexOf('opened')).toBeLessThan(
      notes.findIndex((note) => note.startsWith('close')),
    )
    expect(notes.filter((note) => note.startsWith('close'))).toHaveLength(1)
  })

  kit.test('handlers start in the order of arrival, whatever a schema takes', async (it) => {
    const socket = await it.open()
    socket.message('markSlowly', { n: 1 })
    socket.message('mark', { n: 2 })
    socket.message('markSlowly', { n: 3 })
    socket.message('mark', { n: 4 })
    expect((await socket.take(4)).map((frame) => frame.data.n)).toEqual([1, 2, 3, 4])
  })

  kit.test('what a handler sends comes before its reply', async (it) => {
    const socket = await it.open()
    for (let id = 1; id <= 10; id++) {
      socket.request('twoEvents', id, { text: `${id}` })
      const [first, second, reply] = await socket.take(3)
      expect([first.data.text, second.data.text, reply.id]).toEqual(['first', 'second', id])
    }
  })

  kit.test('five hundred messages in a row, none lost, in order', async (it) => {
    const socket = await it.open()
    for (let n = 0; n < 500; n++) socket.message('mark', { n })
    const frames = await socket.take(500, 5_000)
    expect(frames.map((frame) => frame.data.n)).toEqual(Array.from({ length: 500 }, (_, n) => n))
  })

  kit.test('an error takes its place in the order', async (it) => {
    const socket = await it.open()
    socket.message('mark', { n: 1 })
    socket.message('nope')
    socket.message('mark', { n: 2 })
    socket.text('no frame')
    socket.message('mark', { n: 3 })
    const frames = await socket.take(5)
    expect(frames.map((frame) => frame.data?.n ?? frame.error.code)).toEqual([
      1,
      'unknown',
      2,
      'bad_frame',
      3,
    ])
  })

  kit.test('sockets do not wait for each other', async (it) => {
    const slow = await it.open(`/socket/${it.room}?openMs=500`)
    slow.message('note', { text: 'x' })
    const started = Date.now()
    const quick = await it.open()
    quick.request('echo', 1, { text: 'x' })
    await quick.next()
    expect(Date.now() - started).toBeLessThan(400)
  })

  kit.test('a hundred sockets at once, each its own frames', async (it) => {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => it.open()))
    for (const [i, socket] of sockets.entries()) socket.request('echo', 1, { text: `${i}` })
    const replies = await Promise.all(sockets.map((socket) => socket.next(5_000)))
    expect(replies.map((reply) => reply.data.text)).toEqual(sockets.map((_, i) => `${i}`))
  })
}

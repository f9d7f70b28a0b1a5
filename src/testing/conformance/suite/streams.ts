import type { Kit } from '../kit.ts'
import type { Json, Session } from '../session.ts'

const CREDIT = 32

/** Streamed replies: items in order, within the credit, then exactly one end or error. */
export function streams(kit: Kit): void {
  const { expect } = kit

  kit.test('items in order, then the end', async (it) => {
    const socket = await it.open()
    socket.request('count', 1, { to: 5 })
    expect(await socket.take(6)).toEqual([
      ...[0, 1, 2, 3, 4].map((item) => ({ id: 1, item })),
      { id: 1, end: true },
    ])
  })

  kit.test('an empty stream is just the end', async (it) => {
    const socket = await it.open()
    socket.request('count', 1, { to: 0 })
    expect(await socket.next()).toEqual({ id: 1, end: true })
  })

  kit.test('no more items than the credit; more of it, more items', async (it) => {
    const socket = await it.open()
    socket.request('count', 1, { to: 100 })
    expect(items(await socket.within(200))).toEqual(range(0, CREDIT))
    socket.frame({ type: '$more', id: 1, count: 10 })
    expect(items(await socket.within(200))).toEqual(range(CREDIT, CREDIT + 10))
    socket.frame({ type: '$more', id: 1, count: 1_000 })
    const rest = await socket.take(100 - CREDIT - 10 + 1)
    expect(items(rest.slice(0, -1))).toEqual(range(CREDIT + 10, 100))
    expect(rest.at(-1)).toEqual({ id: 1, end: true })
  })

  kit.test('a stream as long as the credit ends, at the latest with more of it', async (it) => {
    const socket = await it.open()
    socket.request('count', 1, { to: CREDIT })
    await socket.take(CREDIT)
    socket.frame({ type: '$more', id: 1, count: 1 })
    expect(await socket.next()).toEqual({ id: 1, end: true })
  })

  kit.test('credit given ahead counts', async (it) => {
    const socket = await it.open()
    socket.frame([
      { type: 'count', id: 1, data: { to: 60 } },
      { type: '$more', id: 1, count: 28 },
    ])
    expect(items(await socket.take(60))).toEqual(range(0, 60))
  })

  kit.attack('credit that makes no sense', async (it) => {
    const socket = await it.open()
    socket.request('count', 1, { to: 40 })
    await socket.take(CREDIT)
    for (const count of [0, -5, 1.5, 'x', null, {}]) socket.frame({ type: '$more', id: 1, count })
    expect(items(await socket.within(200))).toEqual([])
    await it.alive()
    const fresh = await it.open()
    fresh.request('count', 1, { to: 40 })
    fresh.frame({ type: '$more', id: 1, count: Number.MAX_SAFE_INTEGER })
    fresh.frame({ type: '$more', id: 1, count: Number.MAX_SAFE_INTEGER })
    expect(items(await fresh.take(40))).toEqual(range(0, 40))
  })

  kit.test('two streams and a request share the connection', async (it) => {
    const socket = await it.open()
    socket.request('count', 1, { to: 20 })
    socket.request('count', 2, { to: 20 })
    socket.request('echo', 3, { text: 'x' })
    const frames = await socket.take(20 + 20 + 2 + 1)
    expect(items(frames.filter((frame) => frame.id === 1))).toEqual(range(0, 20))
    expect(items(frames.filter((frame) => frame.id === 2))).toEqual(range(0, 20))
    expect(frames.filter((frame) => frame.end)).toHaveLength(2)
    expect(frames.find((frame) => frame.id === 3)).toEqual({ id: 3, data: { text: 'x' } })
  })

  kit.test('cancel ends a stream with one frame, and no item follows', async (it) => {
    const socket = await it.open()
    socket.request('trickle', 1, { everyMs: 5 })
    await socket.take(3)
    socket.frame({ type: '$cancel', id: 1 })
    const canceled = await socket.find((frame) => frame.error !== undefined)
    expect(canceled).toMatchObject({ id: 1, error: { code: 'canceled' } })
    expect(await socket.within(100)).toEqual([])
    expect(await over(it.trace.bind(it), 'trickle over')).toBe(true)
  })

  kit.test('cancel ends a stream that waits for credit', async (it) => {
    const socket = await it.open()
    socket.request('count', 1, { to: 100 })
    await socket.take(CREDIT)
    socket.frame({ type: '$cancel', id: 1 })
    expect(await socket.next()).toMatchObject({ id: 1, error: { code: 'canceled' } })
    expect(await over(it.trace.bind(it), 'count over')).toBe(true)
  })

  kit.test('a timeout ends a stream', async (it) => {
    const socket = await it.open()
    socket.request('trickle', 1, { everyMs: 5 }, { timeout: 50 })
    const ended = await socket.find((frame) => frame.error !== undefined)
    expect(ended).toMatchObject({ id: 1, error: { code: 'timeout' } })
    expect(await socket.within(60)).toEqual([])
  })

  kit.test('a lost connection ends the generator', async (it) => {
    const socket = await it.open()
    socket.request('trickle', 1, { everyMs: 10 })
    await socket.next()
    socket.close(1000)
    expect(await over(it.trace.bind(it), 'trickle over')).toBe(true)
  })

  for (const [how, code] of [
    ['sync', 'internal'],
    ['text', 'internal'],
    ['null', 'internal'],
    ['refusal', 'conflict'],
  ] as const) {
    kit.attack(`a stream that throws (${how}): its items, then ${code}`, async (it) => {
      const socket = await it.open()
      socket.request('failAfter', 1, { items: 2, how })
      const frames = await socket.take(3)
      expect(items(frames.slice(0, 2))).toEqual([0, 1])
      expect(frames[2]).toMatchObject({ id: 1, error: { code } })
      expect(JSON.stringify(frames)).not.toContain('secret')
      await quiet(socket)
    })
  }

  async function quiet(socket: Session): Promise<void> {
    expect(await socket.within(50)).toEqual([])
  }
}

type Trace = (ready: (notes: string[]) => boolean) => Promise<string[]>

async function over(trace: Trace, note: string): Promise<boolean> {
  return (await trace((notes) => notes.includes(note))).includes(note)
}

function items(frames: Json[]): Json[] {
  return frames.filter((frame) => 'item' in frame).map((frame) => frame.item)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

import type { Kit } from '../kit.ts'

const IN_FLIGHT = 32

/** Requests: each ends in exactly one terminal frame. */
export function requests(kit: Kit): void {
  const { expect } = kit

  kit.test('a reply has the id of its request', async (it) => {
    const socket = await it.open()
    for (const id of [1, 2, 10, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      socket.request('echo', id, { text: `${id}` })
      expect(await socket.next()).toEqual({ id, data: { text: `${id}` } })
    }
  })

  kit.test('a reply can be any JSON', async (it) => {
    const socket = await it.open()
    const values = [null, true, 0, '', [], {}, [1, [2]], { a: { b: null } }, 'x'.repeat(1_000)]
    for (const [i, value] of values.entries()) {
      socket.request('any', i + 1, value)
      expect(await socket.next()).toEqual({ id: i + 1, data: value })
    }
  })

  kit.test('a handler that returns nothing still replies', async (it) => {
    const socket = await it.open()
    socket.request('throwOut', 1, { how: 'nothing' })
    expect(await socket.next()).toEqual({ id: 1, data: null })
  })

  kit.test('a quick request overtakes a slow one', async (it) => {
    const socket = await it.open()
    socket.request('wait', 1, { ms: 100 })
    socket.request('echo', 2, { text: 'x' })
    expect((await socket.take(2)).map((frame) => frame.id)).toEqual([2, 1])
  })

  for (const id of [0, -1, 1.5, '1', null, true, {}, [], 2 ** 53, 1e300]) {
    kit.attack(`id ${JSON.stringify(id)} is a bad_frame and close 4000`, async (it) => {
      const socket = await it.open()
      socket.frame({ type: 'echo', id, data: { text: 'x' } })
      expect((await socket.next()).error.code).toBe('bad_frame')
      expect((await socket.closed()).code).toBe(4000)
    })
  }

  for (const [first, second] of [
    [5, 5],
    [5, 4],
  ] as const) {
    kit.attack(`id ${second} after ${first} is a bad_frame and close 4000`, async (it) => {
      const socket = await it.open()
      socket.request('echo', first, { text: 'x' })
      await socket.next()
      socket.request('echo', second, { text: 'again' })
      expect((await socket.next()).error.code).toBe('bad_frame')
      expect((await socket.closed()).code).toBe(4000)
    })
  }

  kit.test('an id counts even if its request is unknown or invalid', async (it) => {
    const socket = await it.open()
    socket.request('nope', 5)
    expect(await socket.next()).toMatchObject({ id: 5, error: { code: 'unknown' } })
    socket.request('echo', 5, { text: 'again' })
    expect((await socket.next()).error.code).toBe('bad_frame')
    expect((await socket.closed()).code).toBe(4000)
  })

  kit.test('a request without an id, and a message with one, are errors', async (it) => {
    const socket = await it.open()
    socket.message('echo', { text: 'x' })
    const without = await socket.next()
    expect(without.id).toBeUndefined()
    expect(['unknown', 'bad_frame']).toContain(without.error.code)
    socket.request('note', 1, { text: 'x' })
    const withId = await socket.next()
    expect(withId.id).toBe(1)
    expect(['unknown', 'bad_frame']).toContain(withId.error.code)
    expect(await it.trace()).not.toContain('note x')
  })

  kit.test(
    `the ${IN_FLIGHT + 1}rd request in flight is overloaded, and a free slot serves again`,
    async (it) => {
      const socket = await it.open()
      for (let id = 1; id <= IN_FLIGHT; id++) {
        socket.request(
          id % 2 === 0 ? 'hang' : 'trickle',
          id,
          id % 2 === 0 ? null : { everyMs: 60_000 },
        )
      }
      await socket.take(IN_FLIGHT / 2)
      socket.request('echo', 33, { text: 'x' })
      expect(await socket.next()).toMatchObject({ id: 33, error: { code: 'overloaded' } })
      socket.frame({ type: '$cancel', id: 2 })
      expect(await socket.next()).toMatchObject({ id: 2, error: { code: 'canceled' } })
      socket.request('echo', 34, { text: 'free' })
      expect(await socket.next()).toEqual({ id: 34, data: { text: 'free' } })
      expect(await it.trace((notes) => notes.includes('aborted hang'))).toContain('aborted hang')
    },
  )

  kit.attack('ten thousand requests that never end', async (it) => {
    const socket = await it.open()
    for (let at = 0; at < 10_000; at += 50) {
      socket.frame(Array.from({ length: 50 }, (_, i) => ({ type: 'hang', id: at + i + 1 })))
    }
    const frames = await socket.take(10_000 - IN_FLIGHT, 8_000)
    expect(frames.every((frame) => frame.error.code === 'overloaded')).toBe(true)
    expect(frames[0].id).toBe(IN_FLIGHT + 1)
  })

  kit.test(
    'a request past its timeout is one timeout error; the late answer is dropped',
    async (it) => {
      const socket = await it.open()
      socket.request('wait', 1, { ms: 300 }, { timeout: 60 })
      expect(await socket.next()).toMatchObject({ id: 1, error: { code: 'timeout' } })
      await it.trace((notes) => notes.includes('waited'))
      socket.request('echo', 2, { text: 'x' })
      expect(await socket.next()).toEqual({ id: 2, data: { text: 'x' } })
      expect(await it.trace()).toContain('aborted wait')
    },
  )

  kit.test('a request within its timeout is answered', async (it) => {
    const socket = await it.open()
    socket.request('wait', 1, { ms: 20 }, { timeout: 5_000 })
    expect(await socket.next()).toEqual({ id: 1, data: { ms: 20 } })
  })

  kit.attack('timeouts that make no sense', async (it) => {
    for (const timeout of [0, -1, 1.5, 'x', null, {}, 1e300, 2 ** 40]) {
      const socket = await it.open()
      socket.request('echo', 1, { text: 'x' }, { timeout })
      const frame = await socket.next()
      expect(frame.data?.text ?? frame.error.code).toMatch(/^(x|bad_frame|timeout)$/)
    }
  })

  kit.test('cancel: one terminal frame, and the signal fires', async (it) => {
    const socket = await it.open()
    socket.request('hang', 1)
    socket.request('wait', 2, { ms: 100 })
    socket.frame({ type: '$cancel', id: 1 })
    socket.frame({ type: '$cancel', id: 2 })
    const ended = await socket.take(2)
    expect(ended.map((frame) => [frame.id, frame.error.code])).toEqual([
      [1, 'canceled'],
      [2, 'canceled'],
    ])
    await it.trace((notes) => notes.includes('waited'))
    socket.request('echo', 3, { text: 'x' })
    expect((await socket.next()).id).toBe(3)
    expect(await it.trace()).toContain('aborted hang')
  })

  kit.attack('cancel and more for what is not in flight', async (it) => {
    const socket = await it.open()
    socket.request('echo', 1, { text: 'x' })
    await socket.next()
    for (const type of ['$cancel', '$more']) {
      for (const id of [1, 99]) socket.frame({ type, id, count: 1 })
    }
    socket.request('echo', 2, { text: 'on' })
    expect(await socket.next()).toEqual({ id: 2, data: { text: 'on' } })
  })

  kit.test('the signal fires when the connection is lost', async (it) => {
    const socket = await it.open()
    socket.request('hang', 1)
    socket.request('echo', 2, { text: 'started' })
    await socket.next()
    socket.close(1000)
    expect(await it.trace((notes) => notes.includes('aborted hang'))).toContain('aborted hang')
  })
}

import { type Kit, sleep } from '../kit.ts'
import type { Json } from '../session.ts'

/** Behind five messages a minute, and three that come too soon. */
export function rateLimits(kit: Kit): void {
  const { expect, can } = kit

  kit.attack('what is too much is answered with rate_limited and retryAfter', async (it) => {
    const socket = await it.open(`/rate/fountain/${it.room}`)
    for (let id = 1; id <= 7; id++) socket.request('echo', id, id)
    expect(await socket.take(5)).toEqual([1, 2, 3, 4, 5].map((id) => ({ id, data: id })))
    for (const id of [6, 7]) {
      const { error, ...frame } = await socket.next()
      expect([frame, error.code]).toEqual([{ id }, 'rate_limited'])
      expect(error.retryAfter).toBeGreaterThan(10_000)
      expect(error.retryAfter).toBeLessThanOrEqual(12_000)
    }
    socket.message('splash')
    expect(await socket.next()).toMatchObject({ error: { code: 'rate_limited' } })
  })

  kit.test('an id that was refused stays used', async (it) => {
    const socket = await it.open(`/rate/fountain/${it.room}`)
    for (let id = 1; id <= 6; id++) socket.request('echo', id)
    await socket.take(6)
    socket.request('echo', 6)
    expect((await socket.next()).error.code).toBe('bad_frame')
    expect((await socket.closed()).code).toBe(4000)
  })

  kit.test('each frame of an array counts', async (it) => {
    const socket = await it.open(`/rate/fountain/${it.room}`)
    const frames = Array.from({ length: 8 }, (_, i) => ({ type: 'echo', id: i + 1, data: i }))
    socket.frame(frames)
    const codes = (await socket.take(8)).map(({ error }) => error?.code ?? 'ok')
    expect(codes.join()).toBe('ok,ok,ok,ok,ok,rate_limited,rate_limited,rate_limited')
  })

  kit.attack('who goes on is closed with 4203', async (it) => {
    const socket = await it.open(`/rate/fountain/${it.room}`)
    for (let id = 1; id <= 9; id++) {
      socket.request('echo', id, id)
      const { error } = await socket.next()
      expect([id, error?.code]).toEqual([id, id <= 5 ? undefined : 'rate_limited'])
    }
    socket.request('echo', 10)
    expect(await socket.closed()).toMatchObject({ code: 4203, reason: 'too fast' })
    expect((await it.trace((all) => all.length > 0))[0]).toMatch(/^close 4203/)
  })

  kit.attack('a raw socket is closed with 4203 at once', async (it) => {
    const socket = await it.open(`/rate/raw-fountain/${it.room}`)
    for (let id = 1; id <= 5; id++) {
      socket.request('echo', id)
      expect((await socket.next()).id).toBe(id)
    }
    socket.request('echo', 6)
    expect(await socket.closed()).toMatchObject({ code: 4203, reason: 'too fast' })
  })

  kit.test('bytes count, too', async (it) => {
    const socket = await it.open(`/bytes/fountain/${it.room}`)
    const text = '€'.repeat(300)
    for (const id of [1, 2, 3]) socket.request('echo', id, text)
    expect((await socket.take(3)).map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      'rate_limited',
    ])
    const link = await it.link(`/bytes/raw-fountain/${it.room}`)
    link.send(new Uint8Array(2_001))
    expect((await link.closed(2_000)).code).toBe(4203)
  })

  kit.test('in use of a socket: only what it names, and nobody is closed', async (it) => {
    const socket = await it.open(`/fountain/${it.room}`)
    for (let id = 1; id <= 60; id++) socket.request(id % 2 ? 'sip' : 'echo', id)
    const limited = (await socket.take(60)).filter(({ error }) => error?.code === 'rate_limited')
    expect(limited).toHaveLength(28)
    expect(limited.every(({ id }) => id % 2 === 1)).toBe(true)
    socket.request('echo', 61, 'here')
    expect(await socket.next()).toEqual({ id: 61, data: 'here' })
  })

  kit.attack('a flood does not keep others from being served', async (it) => {
    const calm = await it.open(`/fountain/${it.room}`)
    const floods = Array.from({ length: 3 }, async () => {
      const socket = await it.open(`/rate/fountain/${it.room}-flood`)
      for (let i = 0; i < 1_000; i++) socket.message('splash', 'x'.repeat(1_000))
      return socket
    })
    const started = Date.now()
    for (let id = 1; id <= 20; id++) {
      calm.request('echo', id)
      expect((await calm.next()).id).toBe(id)
    }
    expect(Date.now() - started).toBeLessThan(2_000)
    for (const flood of floods) {
      const { code } = await (await flood).closed(10_000)
      expect(can.lastWords ? [4203] : [4203, 1006]).toContain(code)
    }
    const told = await it.trace((all) => all.length === 3, 8_000, `${it.room}-flood`)
    expect(told.map((note) => note.slice(0, 10))).toEqual(Array(3).fill('close 4203'))
  })

  kit.attack(
    'of 10,000 requests that are never answered 32 are at work, the others are told overloaded',
    async (it) => {
      const socket = await it.open(`/fountain/${it.room}`, { protocols: ['denwa.v1.json'] })
      await socket.next()
      for (let first = 1; first <= 10_000; first += 50) {
        const ids = Array.from({ length: 50 }, (_, i) => first + i)
        socket.frame(ids.map((id) => ({ type: 'hang', id })))
        if (first % 1000 === 1) await sleep(1)
      }
      const frames: Json[] = await socket.take(10_000 - 32, 10_000)
      expect(frames.map(({ id }) => id)).toEqual(
        Array.from({ length: 10_000 - 32 }, (_, i) => i + 33),
      )
      const answers = new Set(frames.map(({ error }) => `${error.code} ${error.retryAfter > 0}`))
      expect([...answers]).toEqual(['overloaded true'])
      expect(await socket.within(can.tcp ? 50 : 1)).toEqual([])
    },
    30_000,
  )
}

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { serveSquare, watch } from './durable/policies/square.ts'

// A busy machine has others to serve.
vi.setConfig({ testTimeout: 30_000 })

const square = await serveSquare()
afterAll(() => square.close())

const protocols = ['denwa.v1.json']
const TIMEOUT_MS = 20_000
/** An alarm goes off with the second; and the machine may be busy. */
const LATE_MS = 1000 + 4000

describe.concurrent('idleTimeout(1600)', () => {
  test('ends a connection that sleeps: not early, and with one waking', async ({ expect }) => {
    const since = Date.now()
    const ann = await square.enter('idle/idle', { name: 'ann' })
    await ann.next()
    await square.evict('idle')
    expect(await ann.closed(TIMEOUT_MS)).toBe(4201)
    const passed = Date.now() - since
    expect(passed).toBeGreaterThanOrEqual(1600)
    expect(passed).toBeLessThan(1600 * (9 / 8) + LATE_MS)
    const { alarms, instances } = await square.object('idle')
    expect([alarms.length, instances]).toEqual([1, 2])
  })

  test('counts from the last message, also from one before a sleep; a ping is none', async ({
    expect,
  }) => {
    const ann = await square.enter('idle/busy', { name: 'ann' })
    await ann.next()
    let since = 0
    for (let id = 1; id <= 4; id++) {
      await sleep(800)
      since = Date.now()
      await ann.ask('whoami', id)
      // What changes with each message is kept a moment later.
      await sleep(200)
      await square.evict('busy')
    }
    for (let i = 0; i < 2; i++) {
      await sleep(400)
      ann.socket.send('ping')
    }
    expect(await ann.closed(TIMEOUT_MS)).toBe(4201)
    const passed = Date.now() - since
    expect(passed).toBeGreaterThanOrEqual(1600 * (7 / 8))
    expect(passed).toBeLessThan(1600 * (9 / 8) + LATE_MS)
  })
})

describe.concurrent('maxAge(2000)', () => {
  test('ends a connection that sleeps, with one waking, and tells it to come back', async ({
    expect,
  }) => {
    const since = Date.now()
    const ann = await square.enter('age/age', { protocols })
    for (let i = 0; i < 2; i++) await ann.next()
    await square.evict('age')
    expect(await ann.next(TIMEOUT_MS)).toEqual({ type: '$bye', code: 'age', retry: [0, 1000] })
    expect(await ann.closed()).toBe(4200)
    const passed = Date.now() - since
    expect(passed).toBeGreaterThanOrEqual(2000)
    expect(passed).toBeLessThan(2000 + LATE_MS)
    const { alarms, instances } = await square.object('age')
    expect([alarms.length, instances]).toEqual([1, 2])
  })

  test('is not put off by messages and sleeps', async ({ expect }) => {
    const since = Date.now()
    const ann = await square.enter('age/busy-age', { name: 'ann' })
    const closed = watch(ann.closed(TIMEOUT_MS))
    for (let id = 1; id < 50 && !closed.done; id++) {
      ann.send({ type: 'note', data: id })
      await sleep(100)
      await square.evict('busy-age')
    }
    expect(await closed.result).toBe(4200)
    expect(Date.now() - since).toBeGreaterThanOrEqual(2000)
  })
})

describe.concurrent('one alarm', () => {
  test('an earlier time is not lost to a later one that is asked for after a sleep', async ({
    expect,
  }) => {
    const since = Date.now()
    const ann = await square.enter('age/several', { name: 'ann' })
    await square.evict('several')
    await sleep(1200)
    const ben = await square.enter('age/several', { name: 'ben' })
    await square.evict('several')
    expect(await ann.closed(TIMEOUT_MS)).toBe(4200)
    expect(Date.now() - since).toBeLessThan(2000 + LATE_MS)
    await square.evict('several')
    expect(await ben.closed(TIMEOUT_MS)).toBe(4200)
    expect(Date.now() - since).toBeGreaterThanOrEqual(3200)
    expect((await square.object('several')).alarms).toHaveLength(2)
  })

  test('is shared with a class that has one of its own', async ({ expect }) => {
    const since = Date.now()
    const ann = await square.enter('age/shared', { name: 'ann' })
    await square.object('shared', 'own?ms=4000')
    await square.evict('shared')
    expect(await ann.closed(TIMEOUT_MS)).toBe(4200)
    expect(Date.now() - since).toBeLessThan(2000 + LATE_MS)
    await square.evict('shared')
    await expect
      .poll(async () => (await square.object('shared')).alarms.at(-1)! - since, {
        timeout: TIMEOUT_MS,
        interval: 200,
      })
      .toBeGreaterThanOrEqual(4000)
    expect((await square.object('shared')).alarms).toHaveLength(2)
  })
})

describe.concurrent('heartbeat({ intervalMs: 2000, timeoutMs: 1000 })', () => {
  test('who neither speaks nor pings is found when the object is awake; who does either stays', async ({
    expect,
  }) => {
    const enter = (name: string, more = {}): ReturnType<typeof square.enter> =>
      square.enter('beat/beat', { name, protocols, ...more })
    const [silent, pings, speaks] = [
      await enter('silent'),
      await enter('pings'),
      await enter('speaks'),
    ]
    // Speaks no protocol that would have it ping.
    const bare = await enter('bare', { protocols: [] })
    let id = 0
    const closed = watch(silent.socket.closed(TIMEOUT_MS))
    while (!closed.done && id < 60) {
      pings.socket.send('ping')
      await speaks.ask('whoami', ++id)
      await sleep(250)
    }
    expect(await closed.result).toMatchObject({ code: 4201, reason: 'no traffic' })
    for (const [name, each] of Object.entries({ pings, speaks, bare })) {
      expect((await each.ask('whoami', 1000)).data.name).toBe(name)
    }
    expect((await square.object('beat')).sockets).toBe(3)
  })

  test('right after a sleep, too; and the object is not woken for it', async ({ expect }) => {
    const enter = (name: string): ReturnType<typeof square.enter> =>
      square.enter('beat/woken', { name, protocols })
    const [silent, pings, speaks] = [
      await enter('silent'),
      await enter('pings'),
      await enter('speaks'),
    ]
    for (const each of [silent, pings, speaks]) {
      await each.find((frame) => frame.type === '$joined')
    }
    await square.evict('woken')
    // What is stored of the time of a message may be five seconds old.
    for (let i = 0; i < 18; i++) {
      await sleep(500)
      pings.socket.send('ping')
    }
    expect(await square.object('woken')).toMatchObject({ instances: 2, sockets: 3, alarms: [] })
    await square.evict('woken')
    pings.socket.send('ping')
    await sleep(300)
    // This one's own message and its publication bring them all back.
    expect((await speaks.ask('say', 1, 'hello')).data).toBeNull()
    expect(await silent.closed()).toBe(4201)
    expect(silent.log.join()).not.toContain('hello')
    for (const [id, each] of [pings, speaks].entries()) {
      expect((await each.ask('whoami', id + 2)).data).toMatchObject({ room: 'woken' })
    }
    expect((await square.object('woken')).sockets).toBe(2)
  })
})

// The documentation says so: what was said is remembered in memory.
test('a rate limit holds while the object is awake, and begins anew when it has slept', async () => {
  const ann = await square.enter('rate/slept')
  await ann.next()
  let id = 0
  for (let sleeps = 0; sleeps < 2; sleeps++) {
    for (let i = 0; i < 3; i++) expect((await ann.ask('whoami', ++id)).error).toBeUndefined()
    expect((await ann.ask('whoami', ++id)).error.code).toBe('rate_limited')
    await square.evict('slept')
  }
})

test('nothing went wrong meanwhile', async () => {
  expect(await square.notes('errors')).toEqual([])
})

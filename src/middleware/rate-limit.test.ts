import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { type PeerOptions, anything, peer, slowly, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { raw } from '../raw.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import type { SocketMiddleware } from '../types.ts'
import { only } from './only.ts'
import { type RateLimitOptions, rateLimit } from './rate-limit.ts'

const talk = contract({
  messages: { note: anything },
  requests: {
    say: { input: anything, output: anything },
    check: { input: slowly, output: anything },
    look: { input: anything, output: anything },
  },
})

/** What handlers have heard, and a socket that hears it. */
function talker(use: SocketMiddleware[] = []) {
  const heard: unknown[] = []
  const hear = (c: { data: unknown }): unknown => {
    heard.push(c.data)
    return c.data
  }
  const handlers = {
    use,
    messages: { note: (c: { data: unknown }) => void hear(c) },
    requests: { say: hear, check: hear, look: hear },
  }
  return { heard, socket: socket(talk, handlers) }
}

async function behind(limit: RateLimitOptions | RateLimitOptions[], options: PeerOptions = {}) {
  const clock = new TestClock()
  const { heard, socket } = talker()
  const app = new Hono()
  for (const each of [limit].flat()) app.use(rateLimit(each))
  const client = await peer(app.get('/', socket as never), { clock, ...options })
  return { client, clock, heard }
}

const tooFast = (id: number | undefined, retryAfter: number) => ({
  ...(id !== undefined && { id }),
  error: { code: 'rate_limited', message: 'too fast', retryAfter },
})

/** All frames; a `ping` would count. */
async function frames(client: Awaited<ReturnType<typeof peer>>, count: number): Promise<any[]> {
  const got: unknown[] = []
  while (got.length < count) got.push(await client.socket.next())
  return got
}

describe('in front of a route', () => {
  test('what is too much is answered, its id used, and no handler runs', async () => {
    const { client, clock, heard } = await behind({ messages: 2, windowMs: 1000 })
    for (const id of [1, 2, 3]) client.request(id, 'say', id)
    expect(await frames(client, 3)).toEqual([
      { id: 1, data: 1 },
      { id: 2, data: 2 },
      tooFast(3, 500),
    ])
    clock.advance(500)
    client.request(3, 'say', 'again')
    expect((await frames(client, 1))[0].error.code).toBe('bad_frame')
    expect(await client.ended()).toEqual({ code: 4000, reason: 'bad id' })
    expect(heard).toEqual([1, 2])
  })

  test('a message without an id is answered without one', async () => {
    const { client, heard } = await behind({ messages: 1, windowMs: 1000 })
    client.say({ type: 'note', data: 1 }, { type: 'note', data: 2 })
    expect(await frames(client, 1)).toEqual([tooFast(undefined, 1000)])
    expect(heard).toEqual([1])
  })

  test('what is no frame is too much as well, a ping for instance', async () => {
    const { client } = await behind({ messages: 1, windowMs: 1000 })
    client.say('ping', 'ping', 'no JSON', '5')
    expect(await frames(client, 4)).toEqual(['pong', ...Array(3).fill(tooFast(undefined, 1000))])
  })

  test('each frame of an array counts', async () => {
    const { client, heard } = await behind({ messages: 3, windowMs: 3000 })
    client.say([1, 2, 3, 4, 5].map((id) => ({ type: 'say', id, data: id })))
    expect(await frames(client, 5)).toEqual([
      ...[1, 2, 3].map((id) => ({ id, data: id })),
      tooFast(4, 1000),
      tooFast(5, 1000),
    ])
    expect(heard).toEqual([1, 2, 3])
  })

  test('frames that had to wait for one before them count, too', async () => {
    const { client, heard } = await behind({ messages: 2, windowMs: 1000 })
    client.say([1, 2, 3, 4].map((id) => ({ type: 'check', id, data: id })))
    const got = await frames(client, 4)
    expect(got.map(({ id, error }) => [id, error?.code])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 'rate_limited'],
      [4, 'rate_limited'],
    ])
    expect(heard).toEqual([1, 2])
  })

  test('an array that is too much is refused as a whole, with one strike', async () => {
    const { client } = await behind({ messages: 1, windowMs: 1000, strikes: 1 })
    client.request(1, 'say')
    client.say([2, 3, 4].map((id) => ({ type: 'say', id })))
    expect(await frames(client, 4)).toEqual([
      { id: 1, data: null },
      ...[2, 3, 4].map((id) => tooFast(id, 1000)),
    ])
    expect(await client.ended()).toBeUndefined()
  })

  test('who goes on is closed with 4203', async () => {
    const { client, heard } = await behind({ messages: 1, windowMs: 1000, strikes: 3 })
    for (let id = 1; id <= 10; id++) client.request(id, 'say', id)
    // The first is news to the client.
    expect((await frames(client, 5)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5])
    expect(await client.ended()).toEqual({ code: 4203, reason: 'too fast' })
    expect(heard).toEqual([1])
  })

  test('who waits as long as he is told is never closed', async () => {
    const { client, clock, heard } = await behind({ messages: 3, windowMs: 1000, strikes: 2 })
    let waits = 0
    for (let id = 1; id <= 200; id++) {
      client.request(id, 'say', id)
      const [frame] = await frames(client, 1)
      if (!frame.error) continue
      waits++
      clock.advance(frame.error.retryAfter)
    }
    expect(waits).toBeGreaterThan(40)
    expect([await client.ended(), heard.length]).toEqual([undefined, 200 - waits])
  })

  test('bytes count, those of UTF-8', async () => {
    const { client } = await behind({ messages: 100, bytes: 1000, windowMs: 1000 })
    const text = (length: number): string => '€'.repeat(length)
    client.request(1, 'say', text(200))
    client.request(2, 'say', text(200))
    client.request(3, 'say', text(100))
    const got = await frames(client, 3)
    expect(got.map(({ id, error }) => [id, error?.code])).toEqual([
      [1, undefined],
      [2, 'rate_limited'],
      [3, undefined],
    ])
  })

  test('a message of more bytes than a window has is refused, however long it waits', async () => {
    const { client, clock, heard } = await behind({ messages: 9, bytes: 1000, windowMs: 1000 })
    for (const id of [1, 2]) {
      clock.advance(60_000)
      client.request(id, 'say', 'x'.repeat(2000))
      expect((await frames(client, 1))[0]).toMatchObject({ id, error: { code: 'rate_limited' } })
    }
    expect(heard).toEqual([])
  })

  test('later policies override earlier ones key by key', async () => {
    const { client } = await behind([
      { messages: 1, windowMs: 1000, strikes: 1 },
      { messages: 2, windowMs: 1000 },
    ])
    for (let id = 1; id <= 5; id++) client.request(id, 'say')
    expect((await frames(client, 4)).map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      'rate_limited',
      'rate_limited',
    ])
    expect((await client.ended())?.code).toBe(4203)
  })

  test('what is not set does not override', async () => {
    const { client } = await behind([
      { messages: 100, bytes: 10, windowMs: 1000 },
      { messages: 50, windowMs: 1000, bytes: undefined } as unknown as RateLimitOptions,
    ])
    client.request(1, 'say', 'x'.repeat(100))
    expect((await frames(client, 1))[0].error.code).toBe('rate_limited')
  })

  test('each connection has a limit of its own', async () => {
    const clock = new TestClock()
    const { heard, socket } = talker()
    const app = new Hono().use(rateLimit({ messages: 1, windowMs: 1000 })).get('/', socket as never)
    for (const n of [1, 2]) {
      const client = await peer(app, { clock })
      client.say({ type: 'note', data: n }, { type: 'note', data: 0 })
      expect(await frames(client, 1)).toHaveLength(1)
    }
    expect(heard).toEqual([1, 2])
  })

  test('a raw socket is closed at once', async () => {
    const heard: unknown[] = []
    const handler = raw({ message: (_, data) => heard.push(data) })
    const app = new Hono().use(rateLimit({ messages: 2, windowMs: 1000 })).get('/', handler)
    const client = await peer(app)
    client.say('a', 'ping', 'c')
    expect(await client.ended()).toEqual({ code: 4203, reason: 'too fast' })
    expect(heard).toEqual(['a', 'ping'])
  })
})

describe('in use of a socket', () => {
  test('what is too much is refused, and never closed', async () => {
    const clock = new TestClock()
    const { heard, socket } = talker([rateLimit({ messages: 2, windowMs: 1000 })])
    const client = await peer(socket, { clock })
    for (let id = 1; id <= 50; id++) client.request(id, 'say', id)
    const got = await client.heard()
    expect(got.slice(0, 3)).toEqual([{ id: 1, data: 1 }, { id: 2, data: 2 }, tooFast(3, 500)])
    expect(got).toHaveLength(50)
    expect([heard, await client.ended()]).toEqual([[1, 2], undefined])
    clock.advance(500)
    client.request(51, 'say', 51)
    expect(await client.heard()).toEqual([{ id: 51, data: 51 }])
  })

  test('each connection has a limit of its own', async () => {
    const { heard, socket } = talker([rateLimit({ messages: 1, windowMs: 1000 })])
    for (const n of [1, 2]) {
      const client = await peer(socket)
      client.say({ type: 'note', data: n }, { type: 'note', data: 0 })
      await client.heard()
    }
    expect(heard).toEqual([1, 2])
  })

  test('only() some of them are limited', async () => {
    const { socket } = talker([only('say', rateLimit({ messages: 1, windowMs: 1000 }))])
    const client = await peer(socket)
    for (let id = 1; id <= 6; id++) client.request(id, id % 2 ? 'say' : 'look', id)
    const got = (await client.heard()).toSorted((a, b) => a.id - b.id)
    expect(got.map(({ id, error }) => [id, error?.code])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 'rate_limited'],
      [4, undefined],
      [5, 'rate_limited'],
      [6, undefined],
    ])
  })

  test('frames that the limit refuses leave nothing at work', async () => {
    const { socket } = talker([rateLimit({ messages: 1, windowMs: 60_000 })])
    const client = await peer(socket)
    for (let id = 1; id <= 200; id++) client.request(id, 'check', id)
    for (let i = 0; i < 210; i++) await turn()
    const codes = (await client.heard()).map(({ error }) => error?.code)
    expect(new Set(codes)).toEqual(new Set([undefined, 'rate_limited']))
    expect(codes).toHaveLength(200)
  })
})

test.each([
  { messages: 0, windowMs: 1000 },
  { messages: 1.5, windowMs: 1000 },
  { messages: 1, windowMs: -1 },
  { messages: 1, windowMs: 1000, bytes: NaN },
  { messages: 1, windowMs: 1000, strikes: 0 },
])('%o is out of range', (options) => {
  expect(() => rateLimit(options)).toThrow(RangeError)
})

test.each([{}, { messages: 1 }, { windowMs: 1000 }])('%o is not enough', (options) => {
  expect(() => rateLimit(options as never)).toThrow(
    /^Cannot make rateLimit\(\) without (messages|windowMs): set it to a whole number from 1$/,
  )
})

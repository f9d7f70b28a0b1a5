import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { anything, peer } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { raw } from '../raw.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { idleTimeout } from './idle-timeout.ts'

const closes: unknown[] = []
const echo = socket(
  contract({ messages: { note: anything, chatter: anything }, events: { news: anything } }),
  {
    close: (_, info) => void closes.push(info),
    messages: { note: () => {}, chatter: (c) => c.send('news', c.data) },
  },
)

async function idle(ms: number, handler: unknown = echo) {
  const clock = new TestClock()
  const app = new Hono().use(idleTimeout(ms)).get('/', handler as never)
  const client = await peer(app, { clock })
  await client.ended()
  return { client, clock }
}

describe('a client that says nothing', () => {
  test('is closed with 4201 after that time and an eighth, not before', async () => {
    const { client, clock } = await idle(80_000)
    closes.length = 0
    clock.advance(80_000)
    expect(await client.ended()).toBeUndefined()
    clock.advance(10_100)
    expect(await client.ended()).toEqual({ code: 4201, reason: 'idle' })
    expect(closes).toEqual([{ code: 4201, reason: 'idle', wasClean: true }])
  })

  test('is so though it pings and answers pings', async () => {
    const { client, clock } = await idle(80_000)
    for (let i = 0; i < 10; i++) {
      clock.advance(9_100)
      client.say('ping', 'pong')
      await client.ended()
    }
    expect((await client.ended())?.code).toBe(4201)
  })

  test('is so though it is told a lot', async () => {
    const { client, clock } = await idle(1000)
    client.say({ type: 'chatter', data: 1 })
    await client.heard()
    clock.advance(1225)
    expect((await client.ended())?.code).toBe(4201)
  })

  test('is so on a raw socket', async () => {
    const { client, clock } = await idle(1000, raw({}))
    clock.advance(1225)
    expect(await client.ended()).toEqual({ code: 4201, reason: 'idle' })
  })
})

describe('a client that speaks now and then', () => {
  test('stays for ever', async () => {
    const { client, clock } = await idle(1000)
    for (let i = 0; i < 100; i++) {
      clock.advance(999)
      client.say({ type: 'note' })
      expect(await client.ended()).toBeUndefined()
    }
  })

  test('has its time from the last message on, less than an eighth more or less', async () => {
    for (const pause of [10, 100, 120, 130, 500]) {
      const { client, clock } = await idle(1000)
      clock.advance(pause)
      client.say({ type: 'note' })
      await client.ended()
      clock.advance(999)
      expect(await client.ended()).toBeUndefined()
      clock.advance(126 + 100)
      expect((await client.ended())?.code).toBe(4201)
    }
  })
})

test('later policies override earlier ones', async () => {
  const clock = new TestClock()
  const app = new Hono().use(idleTimeout(1000)).use(idleTimeout(60_000)).get('/', echo)
  const client = await peer(app, { clock })
  clock.advance(59_000)
  expect(await client.ended()).toBeUndefined()
})

test.each([0, -1, 0.5, NaN, Infinity])('%d is out of range', (ms) => {
  expect(() => idleTimeout(ms)).toThrow(RangeError)
})

test('without a time it is a mistake', () => {
  const why = 'Cannot make idleTimeout() without ms: set it to a whole number from 1'
  expect(() => idleTimeout(undefined as never)).toThrow(new TypeError(why))
})

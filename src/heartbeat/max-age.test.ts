import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { anything, peer, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { raw } from '../raw.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { maxAge } from './max-age.ts'

const talk = contract({
  requests: {
    echo: { input: anything, output: anything },
    wait: { input: anything, output: anything },
    hang: { input: anything, output: anything },
  },
})

async function aged(ms: number, options?: { jitter: number }, handler?: unknown) {
  const clock = new TestClock()
  const closes: unknown[] = []
  const talker = socket(talk, {
    close: (_, info) => void closes.push(info),
    requests: {
      echo: (c) => c.data,
      wait: (c) => new Promise((resolve) => clock.after(Number(c.data), () => resolve('done'))),
      hang: () => new Promise(() => {}),
    },
  })
  const app = new Hono().use(maxAge(ms, options)).get('/', (handler ?? talker) as never)
  const client = await peer(app, { clock })
  await client.ended()
  return { client, clock, closes }
}

const BYE = { type: '$bye', code: 'age', retry: [0, 1000] }

describe('a connection that gets too old', () => {
  test('is told, and closed with 4200', async () => {
    const { client, clock, closes } = await aged(60_000, { jitter: 0 })
    clock.advance(59_900)
    expect(await client.ended()).toBeUndefined()
    clock.advance(200)
    expect(await client.ended()).toEqual({ code: 4200, reason: 'age' })
    expect(await client.socket.next()).toEqual(BYE)
    expect(closes).toEqual([{ code: 4200, reason: 'age', wasClean: true }])
  })

  test('is so whatever goes on', async () => {
    const { client, clock } = await aged(1000, { jitter: 0 })
    for (let id = 1; id <= 9; id++) {
      client.request(id, 'echo', id)
      await client.ended()
      clock.advance(100)
    }
    clock.advance(200)
    expect((await client.ended())?.code).toBe(4200)
  })

  test('is so sooner by chance, at most by the jitter', async () => {
    // Chance is a half.
    for (const [options, ms] of [
      [undefined, 57_000],
      [{ jitter: 0.5 }, 45_000],
      [{ jitter: 1 }, 30_000],
    ] as const) {
      const { client, clock } = await aged(60_000, options)
      clock.advance(ms - 1)
      expect(await client.ended()).toBeUndefined()
      clock.advance(101)
      expect((await client.ended())?.code).toBe(4200)
    }
  })

  test('is closed on a raw socket without a word', async () => {
    const { client, clock } = await aged(1000, { jitter: 0 }, raw({}))
    clock.advance(1100)
    expect(await client.ended()).toEqual({ code: 4200, reason: 'age' })
    await expect(client.socket.next()).rejects.toThrow('4200')
  })
})

describe('handlers at work', () => {
  test('may finish', async () => {
    const { client, clock } = await aged(1000, { jitter: 0 })
    client.request(1, 'wait', 4000)
    await client.ended()
    clock.advance(3900)
    expect(await client.ended()).toBeUndefined()
    clock.advance(100)
    await turn()
    clock.advance(600)
    expect((await client.ended())?.code).toBe(4200)
    expect([await client.socket.next(), await client.socket.next()]).toEqual([
      { id: 1, data: 'done' },
      BYE,
    ])
  })

  test('nothing new is begun meanwhile', async () => {
    const { client, clock } = await aged(1000, { jitter: 0 })
    client.request(1, 'wait', 4000)
    await client.ended()
    clock.advance(1100)
    client.request(2, 'echo', 'late')
    expect(await client.socket.next()).toMatchObject({ id: 2, error: { code: 'unavailable' } })
  })

  test('have ten seconds for it', async () => {
    const { client, clock } = await aged(1000, { jitter: 0 })
    client.request(1, 'hang')
    await client.ended()
    clock.advance(10_900)
    expect(await client.ended()).toBeUndefined()
    clock.advance(700)
    expect((await client.ended())?.code).toBe(4200)
    expect(await client.socket.next()).toEqual(BYE)
  })
})

test.each([0, -1, 0.5, NaN])('%d is out of range', (ms) => {
  expect(() => maxAge(ms)).toThrow(RangeError)
})

test.each([-0.1, 1.1, NaN])('a jitter of %d is out of range', (jitter) => {
  expect(() => maxAge(1000, { jitter })).toThrow(
    `Cannot set jitter to ${jitter}: use a part, from 0 to 1`,
  )
})

test('without a time it is a mistake', () => {
  const why = 'Cannot make maxAge() without ms: set it to a whole number from 1'
  expect(() => maxAge(undefined as never)).toThrow(new TypeError(why))
})

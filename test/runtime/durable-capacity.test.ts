import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { connect } from '../../src/testing/raw-client.ts'
import type { Client } from './durable/client.ts'
import { serveSquare } from './durable/policies/square.ts'

// A busy machine has others to serve.
vi.setConfig({ testTimeout: 30_000 })

const square = await serveSquare()
afterAll(() => square.close())

const enter = (target: string, name = ''): Promise<Client> => square.enter(target, { name })

test.each(['awake', 'asleep'])(
  'a full room is 503 with Retry-After while it is %s',
  async (how) => {
    const room = `full-${how}`
    await enter(`few/${room}`)
    await enter(`few/${room}`)
    if (how === 'asleep') await square.evict(room)
    for (let i = 0; i < 2; i++) {
      const answer = await square.knock(`/few/${room}`)
      expect([answer.status, answer.header('retry-after')]).toEqual([503, '7'])
      expect(answer.body).toBe('Too many connections\n')
    }
    // Another room has places of its own.
    await enter(`few/${room}-next`)
    expect((await square.object(room)).sockets).toBe(2)
  },
)

test('an observer hears of it', async () => {
  await enter('few/heard')
  await enter('few/heard')
  await square.knock('/few/heard?name=secret')
  expect(await square.notes('refused')).toContain('503 /:policy/:room: Too many connections')
})

test('too many of one address are 429', async () => {
  const from = (address: string) => ({ headers: { 'cf-connecting-ip': address } })
  for (const address of ['2001:db8:0:1::1', '2001:DB8:0:1:ffff::2']) {
    await connect(square.url, { timeoutMs: 10_000, target: '/address/a', ...from(address) })
  }
  const { headers } = from('2001:db8::1:0:0:0:3')
  const answer = await square.knock('/address/a', headers)
  expect([answer.status, answer.header('retry-after')]).toEqual([429, '5'])
  await connect(square.url, { timeoutMs: 10_000, target: '/address/a', ...from('2001:db8:0:2::1') })
})

test('each of several policies counts by itself', async () => {
  await enter('both/both', 'ann')
  expect((await square.knock('/both/both?name=ann')).status).toBe(503)
  await enter('both/both', 'ben')
  await enter('both/both', 'cy')
  expect((await square.knock('/both/both?name=dora')).status).toBe(503)
  expect((await square.object('both')).sockets).toBe(3)
})

test('of many who come at the same time, as many as there are places are admitted', async () => {
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => enter('few/crowd')))
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
})

describe.each(['awake', 'asleep'])('a place is free again, the object %s,', (condition) => {
  async function full(name: string, options = {}): Promise<[string, Client]> {
    const room = `${name}-${condition}`
    const ann = await square.enter(`few/${room}`, { name: 'ann', ...options })
    await enter(`few/${room}`, 'ben')
    await expect(enter(`few/${room}`)).rejects.toThrow('refused with 503')
    if (condition === 'asleep') await square.evict(room)
    return [room, ann]
  }

  test('when the client has closed', async () => {
    const [room, ann] = await full('closed')
    ann.socket.close(1000)
    await ann.closed()
    await enter(`few/${room}`)
    await expect(enter(`few/${room}`)).rejects.toThrow('refused with 503')
  })

  test('when the client has gone', async () => {
    const [room, ann] = await full('reset')
    ann.socket.reset()
    await sleep(50)
    await enter(`few/${room}`)
  })

  test('when this side has closed, whether the client answers or not', async () => {
    const [room, ann] = await full('left', { autoClose: false })
    ann.send({ type: 'evict', id: 1 })
    await ann.closed()
    await enter(`few/${room}`)
    await expect(enter(`few/${room}`)).rejects.toThrow('refused with 503')
  })

  test('when `open` has refused', async () => {
    const [room, ann] = await full('refused')
    ann.socket.close(1000)
    await ann.closed()
    const stranger = await enter(`few/${room}`, 'stranger')
    expect(await stranger.closed()).toBe(4003)
    await enter(`few/${room}`)
  })
})

test('more than ten policies are an error that says so: an object cannot count more', async () => {
  await enter('ten/ten')
  const { status, body } = await square.knock('/eleven/eleven')
  expect(status).toBe(500)
  expect(body).toBe('RangeError: Cannot count a connection in more than 10 ways')
})

test('a key of any length and any characters is counted, asleep, too', async () => {
  for (const length of [1, 126, 127, 1000]) {
    for (let i = 0; i < 2; i++)
      await connect(square.url, { timeoutMs: 10_000, target: `/long/long?length=${length}` })
    await square.evict('long')
    expect((await square.knock(`/long/long?length=${length}`)).status).toBe(503)
  }
})

test('nothing else went wrong', async () => {
  expect(await square.notes('errors')).toEqual([])
})

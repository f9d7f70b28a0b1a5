import { describe, expect, test } from 'vitest'
import { anything, peer, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'

const talk = contract({
  requests: { ask: { input: anything, output: anything } },
  channels: { 'room/:room': { events: { said: anything } } },
})
const asking = (ask: (c: any) => unknown, more: object = {}): unknown =>
  socket(talk, { requests: { ask }, ...more } as never)

async function observed(during: () => Promise<void>): Promise<string[]> {
  const heard: string[] = []
  const stop = observe(({ where, error }) => heard.push(`${where}: ${String(error)}`))
  await during()
  stop()
  return heard
}

describe('what a handler throws', () => {
  test('may be a refusal that JSON cannot carry', async () => {
    const refusal = new SocketError('rate_limited', 'slow', { retryAfterMs: 1000n as never })
    const client = await peer(asking(() => Promise.reject(refusal)))
    client.request(1, 'ask')
    expect(await client.heard()).toEqual([
      { id: 1, error: { code: 'rate_limited', message: 'slow' } },
    ])
  })

  test('may be a refusal in disguise', async () => {
    const trap = new Proxy(new SocketError('conflict'), {
      get: () => {
        throw new Error('looked at')
      },
    })
    const client = await peer(asking(() => Promise.reject(trap)))
    client.request(1, 'ask')
    expect(await client.heard()).toMatchObject([{ id: 1, error: { code: 'internal' } }])
  })

  test('is observed though nobody waits for it any more', async () => {
    const clock = new TestClock()
    let fail: (error: Error) => void = () => {}
    const slow = asking(() => new Promise((_, reject) => (fail = reject)))
    const client = await peer(slow, { clock })
    client.request(1, 'ask', 0, { timeout: 50 })
    await turn()
    clock.advance(1000)
    const heard = await observed(async () => {
      fail(new Error('the database is broken'))
      await turn()
    })
    expect(heard).toEqual(['request ask: Error: the database is broken'])
  })
})

describe('open', () => {
  test.each(['constructor', '__proto__x', 'conflict'])('may refuse with %s', async (code) => {
    const word = code.replaceAll('_', '') || code
    const open = (): Promise<never> => Promise.reject(new SocketError(word))
    const client = await peer(asking(() => 1, { open }))
    expect(await client.ended()).toEqual({ code: 1011, reason: word })
  })

  test('may give back a promise that is none', async () => {
    const open = (): unknown => ({
      then() {
        throw new Error('no promise')
      },
    })
    const client = await peer(asking(() => 1, { open }))
    expect(await client.ended()).toEqual({ code: 1011, reason: 'internal error' })
  })
})

test('an observer that fails later harms nobody', async () => {
  const stop = observe(async () => {
    throw new Error('no log today')
  })
  const client = await peer(
    asking(() => {
      throw new Error('a handler')
    }),
  )
  client.request(1, 'ask')
  expect(await client.heard()).toMatchObject([{ error: { code: 'internal' } }])
  stop()
})

test('a signal that is asked for after the cancel is aborted', async () => {
  let look = (): void => {}
  let aborted: boolean | undefined
  const client = await peer(
    asking(async (c) => {
      await new Promise<void>((resolve) => (look = resolve))
      aborted = c.signal.aborted
    }),
  )
  client.request(1, 'ask')
  await turn()
  client.say({ type: '$cancel', id: 1 })
  await turn()
  look()
  await turn()
  expect(aborted).toBe(true)
})

test('a cancel does not make room for another handler while the first one runs', async () => {
  let running = 0
  const client = await peer(asking(() => (running++, new Promise(() => {}))))
  for (let id = 1; id <= 300; id++)
    client.say([
      { type: 'ask', id },
      { type: '$cancel', id },
    ])
  await turn()
  expect(running).toBe(256)
  expect((await client.heard()).at(-1)).toMatchObject({ error: { code: 'overloaded' } })
})

test('to leave ends a join that still waits for its rule', async () => {
  let admit: (allowed: boolean) => void = () => {}
  const rule = { join: () => new Promise<boolean>((resolve) => (admit = resolve)) }
  const at: any = asking(() => 1, { channels: { 'room/:room': rule } })
  const client = await peer(at)
  client.say(
    { type: '$join', id: 1, channel: 'room/a' },
    { type: '$leave', id: 2, channel: 'room/a' },
  )
  await turn()
  admit(true)
  await turn()
  await at.in({}).channel('room/:room', { room: 'a' }).publish('said', 1)
  expect(await client.heard()).toMatchObject([
    { id: 1, error: { code: 'canceled' } },
    { id: 2, data: null },
  ])
})

test('a join that fails and is not awaited is observed', async () => {
  const heard = await observed(async () => {
    const client = await peer(asking((c) => void c.join('room/:room', { room: '' })))
    client.request(1, 'ask')
    await turn()
  })
  expect(heard[0]).toMatch(/^join: TypeError: Cannot address channel/)
})

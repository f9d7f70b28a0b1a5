import { describe, expect, test } from 'vitest'
import { anything, peer, slowly, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'

const notes = contract({
  messages: { note: anything, slow: slowly },
  requests: { ask: { input: anything, output: anything } },
  events: { noted: anything, hello: anything },
})
const note = (c: any): void => c.send('noted', c.data)

function opening(open: (c: any) => unknown, more: object = {}) {
  const handlers = { open, messages: { note, slow: note }, requests: { ask: (c: any) => c.data } }
  return socket(notes, { ...handlers, ...more } as never)
}

describe('while open has not settled', () => {
  test('frames wait, and are handled in order then', async () => {
    const gate = Promise.withResolvers<void>()
    const open = async (c: any): Promise<void> => {
      await gate.promise
      c.send('hello', null)
    }
    const client = await peer(opening(open))
    client.say({ type: 'note', data: 1 }, { type: 'slow', data: 2 }, [{ type: 'note', data: 3 }])
    client.request(1, 'ask', 4)
    expect(await client.heard()).toEqual([])
    gate.resolve()
    expect(await client.heard()).toEqual([
      { type: 'hello', data: null },
      { type: 'noted', data: 1 },
      { type: 'noted', data: 2 },
      { type: 'noted', data: 3 },
      { id: 1, data: 4 },
    ])
  })

  test('what open itself sends goes out', async () => {
    const open = (c: any): Promise<void> => {
      c.send('hello', 1)
      return new Promise(() => {})
    }
    const client = await peer(opening(open))
    expect(await client.heard()).toEqual([{ type: 'hello', data: 1 }])
  })

  test('ping is answered', async () => {
    const client = await peer(opening(() => new Promise(() => {})))
    client.say('ping')
    expect(await client.socket.next()).toBe('pong')
  })

  test('256 messages may wait; one more closes with 1013, and none is handled', async () => {
    const gate = Promise.withResolvers<void>()
    let handled = 0
    const at = opening(() => gate.promise, { messages: { note: () => handled++, slow: note } })
    const [fits, floods] = [await peer(at), await peer(at)]
    for (let i = 0; i < 256; i++) fits.say({ type: 'note' })
    for (let i = 0; i < 257; i++) floods.say({ type: 'note' })
    expect(await fits.ended()).toBeUndefined()
    expect((await floods.ended())?.code).toBe(1013)
    gate.resolve()
    await turn()
    expect(handled).toBe(256)
  })

  test('1 MiB may wait; more closes with 1013', async () => {
    const at = opening(() => new Promise(() => {}))
    const client = await peer(at)
    const message = JSON.stringify({ type: 'note', data: 'x'.repeat(65_536 - 25) })
    client.say(...Array<string>(16).fill(message))
    expect(await client.ended()).toBeUndefined()
    client.say('x')
    expect((await client.ended())?.code).toBe(1013)
  })

  test('a validation that takes its time bounds what waits just so', async () => {
    const gate = Promise.withResolvers<void>()
    const stuck = { '~standard': { ...slowly['~standard'], validate: () => gate.promise } }
    const at = socket(contract({ messages: { stuck } as never }), {
      messages: { stuck: () => {} },
    } as never)
    const client = await peer(at)
    for (let i = 0; i < 257; i++) client.say({ type: 'stuck' })
    expect(await client.ended()).toBeUndefined()
    client.say({ type: 'stuck' })
    expect((await client.ended())?.code).toBe(1013)
  })
})

describe('an open that fails', () => {
  /** How the connection ends whose open throws or rejects with `error`, and what is observed. */
  async function failing(error: unknown): Promise<unknown[]> {
    const heard: unknown[] = []
    const stop = observe((event) => heard.push(event.error))
    const ends = new Set<string>()
    const throws = (): never => {
      throw error
    }
    for (const open of [throws, async () => throws()]) {
      let handled = 0
      const client = await peer(opening(open, { messages: { note: () => handled++, slow: note } }))
      client.say({ type: 'note' })
      expect(await client.heard()).toEqual([])
      expect(handled).toBe(0)
      ends.add(JSON.stringify(await client.ended()))
    }
    stop()
    return [...[...ends].map((end) => JSON.parse(end) as unknown), ...heard]
  }

  test('closes with 1011 and no text of the exception, and is observed', async () => {
    const error = new Error('secret')
    const crashed = { code: 1011, reason: 'internal error' }
    expect(await failing(error)).toEqual([crashed, error, error])
    expect(await failing('secret')).toEqual([crashed, 'secret', 'secret'])
  })

  const codes: [string, number][] = [
    ['forbidden', 4003],
    ['not_found', 4004],
    ['unauthenticated', 4100],
    ['rate_limited', 4203],
    ['overloaded', 1013],
    ['unavailable', 1013],
    ['conflict', 1011],
    ['full_house', 1011],
  ]
  for (const [code, closed] of codes) {
    test(`with a SocketError ${code} closes with ${closed} and its message`, async () => {
      expect(await failing(new SocketError(code, 'not now'))).toEqual([
        { code: closed, reason: 'not now' },
      ])
    })
  }
})

describe('an open that takes too long', () => {
  test('closes with 1013 after 30 s, and what it does then counts for nothing', async () => {
    const clock = new TestClock()
    const gate = Promise.withResolvers<void>()
    const ended: unknown[] = []
    const open = async (c: any): Promise<void> => {
      await gate.promise
      c.send('hello', 1)
    }
    const close = (_: unknown, info: unknown): unknown => ended.push(info)
    const client = await peer(opening(open, { close }), { clock })
    client.say({ type: 'note', data: 1 })
    await turn()
    clock.advance(29_999)
    expect(await client.ended()).toBeUndefined()
    clock.advance(101)
    expect(await client.ended()).toEqual({ code: 1013, reason: 'took too long' })
    gate.resolve()
    expect(await client.heard()).toEqual([])
    expect(ended).toEqual([{ code: 1013, reason: 'took too long', wasClean: true }])
  })

  test('may be given another limit', async () => {
    const clock = new TestClock()
    const at = opening(() => new Promise(() => {}), { limits: { openTimeoutMs: 50 } })
    const client = await peer(at, { clock })
    await turn()
    clock.advance(100)
    expect((await client.ended())?.code).toBe(1013)
  })

  test('does nothing to one that settled in time', async () => {
    const clock = new TestClock()
    const client = await peer(
      opening(async () => {}),
      { clock },
    )
    await turn()
    clock.advance(60_000)
    client.request(1, 'ask', 1)
    expect(await client.heard()).toEqual([{ id: 1, data: 1 }])
  })
})

test('open runs once, before all else, and sees state and bindings', async () => {
  const seen: unknown[] = []
  const at = opening((c) => seen.push([c.state, c.env, c.id]), { state: () => ({ name: 'ann' }) })
  const client = await peer(at, { env: { KEY: 1 } })
  client.request(1, 'ask', 1)
  await client.heard()
  expect(seen).toEqual([[{ name: 'ann' }, { KEY: 1 }, expect.stringMatching(/^c_[\w-]+$/)]])
})

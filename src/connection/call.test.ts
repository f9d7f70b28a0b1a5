import { describe, expect, test } from 'vitest'
import { anything, peer, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import type { SocketLimits } from '../types.ts'

const one = contract({
  messages: { tell: anything },
  requests: { ask: { input: anything, output: anything } },
  events: { told: anything },
})

/** A socket whose request waits until the test settles it. */
function waiting(limits?: SocketLimits) {
  const calls: {
    data: any
    signal: AbortSignal
    reply: (value: unknown) => void
    fail: (why: unknown) => void
  }[] = []
  const wait = (c: any): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    calls.push({ data: c.data, signal: c.signal, reply: resolve, fail: reject })
    return promise
  }
  const at = socket(one, {
    messages: { tell: wait },
    requests: { ask: wait },
    ...(limits && { limits }),
  })
  return { at, calls }
}

const errorOf = (id: number, code: string): unknown => ({ id, error: { code } })

describe('requests in flight', () => {
  test('are 32 at most; one more is overloaded, with advice to retry', async () => {
    const { at, calls } = waiting()
    const client = await peer(at)
    for (let id = 1; id <= 33; id++) client.request(id, 'ask')
    expect(await client.heard()).toEqual([
      { id: 33, error: { code: 'overloaded', message: expect.any(String), retryAfter: 1000 } },
    ])
    expect(calls).toHaveLength(32)
  })

  test('make room as they end, however they end', async () => {
    const { at, calls } = waiting({ inFlight: 4, requestTimeoutMs: 500 })
    const clock = new TestClock()
    const client = await peer(at, { clock })
    for (let id = 1; id <= 4; id++)
      client.request(id, 'ask', null, id === 4 ? {} : { timeout: 60_000 })
    await turn()
    calls[0]?.reply(1)
    calls[1]?.fail(new SocketError('conflict'))
    client.say({ type: '$cancel', id: 3 })
    await turn()
    clock.advance(600)
    const frames = await client.heard()
    expect(frames.sort((a, b) => a.id - b.id)).toMatchObject([
      { id: 1, data: 1 },
      errorOf(2, 'conflict'),
      errorOf(3, 'canceled'),
      errorOf(4, 'timeout'),
    ])
    for (let id = 5; id <= 9; id++) client.request(id, 'ask')
    expect(await client.heard()).toMatchObject([errorOf(9, 'overloaded')])
    expect(calls).toHaveLength(8)
  })

  test('do not keep messages from being handled, of which 256 may run', async () => {
    const { at, calls } = waiting({ inFlight: 1 })
    const client = await peer(at)
    client.request(1, 'ask')
    for (let i = 0; i < 256; i++) client.say({ type: 'tell' })
    expect(await client.heard()).toMatchObject([{ error: { code: 'overloaded' } }])
    expect(calls).toHaveLength(256)
  })

  test('are counted for each connection', async () => {
    const { at } = waiting({ inFlight: 1 })
    const [ann, bob] = [await peer(at), await peer(at)]
    ann.request(1, 'ask')
    bob.request(1, 'ask')
    expect([await ann.heard(), await bob.heard()]).toEqual([[], []])
  })
})

describe('a deadline', () => {
  async function endsAfter(ms: number, timeout?: unknown, limits?: SocketLimits): Promise<void> {
    const clock = new TestClock()
    const { at, calls } = waiting(limits)
    const client = await peer(at, { clock })
    client.request(1, 'ask', null, timeout === undefined ? {} : { timeout })
    expect(await client.heard()).toEqual([])
    clock.advance(ms - 1)
    expect(await client.heard()).toEqual([])
    expect(calls[0]?.signal.aborted).toBe(false)
    clock.advance(101)
    expect(await client.heard()).toMatchObject([errorOf(1, 'timeout')])
    expect(calls[0]?.signal.aborted).toBe(true)
  }

  test('is 30 s away if nobody says otherwise', () => endsAfter(30_000))
  test('is what the endpoint says', () => endsAfter(1000, undefined, { requestTimeoutMs: 1000 }))
  test('is sooner if the client says so', () => endsAfter(200, 200))
  test('is not later, whatever the client says', () => endsAfter(30_000, 60_000))
  test('is not moved by what is no time', async () => {
    for (const timeout of [0, -5, '5', null, {}]) await endsAfter(30_000, timeout)
  })

  test('concerns no message', async () => {
    const clock = new TestClock()
    const { at, calls } = waiting()
    const client = await peer(at, { clock })
    client.say({ type: 'tell' })
    await turn()
    clock.advance(100_000)
    expect(await client.heard()).toEqual([])
    expect(calls[0]?.signal.aborted).toBe(false)
  })
})

describe('a call that has ended', () => {
  test('sends nothing of a result or an exception that comes later', async () => {
    const { at, calls } = waiting()
    const client = await peer(at)
    for (const id of [1, 2]) {
      client.request(id, 'ask')
      client.say({ type: '$cancel', id })
    }
    expect(await client.heard()).toMatchObject([errorOf(1, 'canceled'), errorOf(2, 'canceled')])
    calls[0]?.reply('late')
    calls[1]?.fail(new Error('late'))
    expect(await client.heard()).toEqual([])
  })

  test('cannot be cancelled again', async () => {
    const { at } = waiting()
    const client = await peer(at)
    client.request(1, 'ask')
    client.say({ type: '$cancel', id: 1 }, { type: '$cancel', id: 1 })
    expect(await client.heard()).toHaveLength(1)
  })
})

describe('a cancel', () => {
  test('aborts the signal of its request alone, with an AbortError', async () => {
    const { at, calls } = waiting()
    const client = await peer(at)
    client.request(1, 'ask')
    client.request(2, 'ask')
    client.say({ type: '$cancel', id: 1 })
    await turn()
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false])
    expect(calls[0]?.signal.reason.name).toBe('AbortError')
  })

  test('says one thing, even if the handler throws what the signal says', async () => {
    const heard: unknown[] = []
    const stop = observe((event) => heard.push(event))
    const at = socket(contract({ requests: { ask: { input: anything, output: anything } } }), {
      requests: {
        ask: (c) =>
          new Promise((_, reject) =>
            c.signal.addEventListener('abort', () => reject(c.signal.reason)),
          ),
      },
    })
    const client = await peer(at)
    client.request(1, 'ask')
    client.say({ type: '$cancel', id: 1 })
    expect(await client.heard()).toMatchObject([errorOf(1, 'canceled')])
    expect(heard).toEqual([])
    stop()
  })
})

describe('the end of the connection', () => {
  test('aborts what runs', async () => {
    const { at, calls } = waiting()
    const client = await peer(at)
    client.request(1, 'ask')
    client.say({ type: 'tell' })
    await turn()
    client.socket.close(1006)
    await turn()
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, true])
  })

  test('aborts what asks for its signal only later', async () => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<boolean>()
    const at = socket(one, {
      messages: {
        tell: async (c) => {
          await gate.promise
          asked.resolve(c.signal.aborted)
        },
      },
      requests: { ask: () => 1 },
    })
    const client = await peer(at)
    client.say({ type: 'tell' })
    await turn()
    client.socket.close()
    await turn()
    gate.resolve()
    expect(await asked.promise).toBe(true)
  })

  test('aborts the handler that closes, before it waits or after', async () => {
    for (const type of ['tell', 'ask']) {
      const aborted = Promise.withResolvers<void>()
      const closes = async (c: any): Promise<void> => {
        const { signal } = c
        signal.addEventListener('abort', () => aborted.resolve())
        c.close(4300)
        await new Promise(() => {})
      }
      const client = await peer(
        socket(one, { messages: { tell: closes }, requests: { ask: closes } }),
      )
      client.say({ type, ...(type === 'ask' && { id: 1 }) })
      expect((await client.socket.closed).code).toBe(4300)
      await aborted.promise
    }
  })

  test('finds a connection that can do nothing any more when it aborts', async () => {
    const did: unknown[] = []
    const at = socket(one, {
      messages: {
        tell: (c) => {
          c.signal.addEventListener('abort', () => {
            c.send('told', 'late')
            c.close(4301)
            did.push('listened')
          })
          return new Promise(() => {})
        },
      },
      requests: { ask: (c) => c.close(4300) },
      close: (_, info) => did.push(info),
    })
    const client = await peer(at)
    client.say({ type: 'tell' })
    client.request(1, 'ask')
    expect(await client.heard()).toEqual([])
    expect(await client.ended()).toEqual({ code: 4300, reason: '' })
    expect(did).toEqual(['listened', { code: 4300, reason: '', wasClean: true }])
  })
})

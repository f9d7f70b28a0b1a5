import { describe, expect, test } from 'vitest'
import { anything, peer, slowly, standard, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'

const numbers = standard((value) =>
  typeof value === 'number'
    ? { value: value * 10 }
    : { issues: [{ message: 'secret: no number' }] },
)

/** A socket whose request `watch` streams what `source` returns. */
function streaming(source: (c: any) => any, item = anything): unknown {
  const at = contract({ requests: { watch: { input: anything, item } } })
  return socket(at, { requests: { watch: source } })
}

async function frames(source: (c: any) => any, item = anything): Promise<any[]> {
  const client = await peer(streaming(source, item))
  client.request(1, 'watch')
  return client.heard()
}

const item = (n: unknown): unknown => ({ id: 1, item: n })
const END = { id: 1, end: true }
const internal = { id: 1, error: { code: 'internal', message: 'internal error' } }

async function* count(from = 0, to = Infinity): AsyncGenerator<number> {
  for (let i = from; i < to; i++) yield i
}

describe('a streamed reply', () => {
  test('is its items in order, and an end', async () => {
    expect(await frames(() => count(0, 3))).toEqual([item(0), item(1), item(2), END])
    expect(await frames(() => count(0, 0))).toEqual([END])
  })

  test('may come from a synchronous iterable, or a promise of one', async () => {
    expect(await frames(() => [1, 2])).toEqual([item(1), item(2), END])
    expect(await frames(() => new Set([1]))).toEqual([item(1), END])
    expect(await frames(async () => count(5, 6))).toEqual([item(5), END])
  })

  test('is an internal error if the result cannot be iterated', async () => {
    for (const result of [undefined, null, 5, {}, { next: () => {} }]) {
      expect(await frames(() => result)).toEqual([internal])
    }
  })

  test('passes its items through their schema', async () => {
    expect(await frames(() => count(1, 3), numbers)).toEqual([item(10), item(20), END])
    expect(await frames(() => count(1, 3), slowly)).toEqual([item(1), item(2), END])
  })

  test('ends with internal at an item that breaks its schema, and says no more of it', async () => {
    expect(await frames(() => [1, 'x', 2], numbers)).toEqual([item(10), internal])
  })

  test('ends with an error in the middle, after all items before it', async () => {
    const breaks = (error: unknown) =>
      async function* (): AsyncGenerator<number> {
        yield 1
        throw error
      }
    expect(await frames(breaks(new Error('secret')))).toEqual([item(1), internal])
    expect(await frames(breaks('secret'))).toEqual([item(1), internal])
    expect(
      await frames(breaks(new SocketError('unavailable', 'feed down', { retryAfterMs: 5 }))),
    ).toEqual([
      item(1),
      { id: 1, error: { code: 'unavailable', message: 'feed down', retryAfter: 5 } },
    ])
  })

  test('has no end by time of its own, only the client sets one', async () => {
    const clock = new TestClock()
    const endless = (): AsyncIterable<never> => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    })
    const client = await peer(streaming(endless), { clock })
    client.request(1, 'watch')
    client.request(2, 'watch', null, { timeout: 1000 })
    await turn()
    clock.advance(1_000_000)
    expect(await client.heard()).toMatchObject([{ id: 2, error: { code: 'timeout' } }])
  })
})

describe('credit', () => {
  test('is 32 items to begin with, and the source is asked for one more at most', async () => {
    let asked = 0
    const source = async function* (): AsyncGenerator<number> {
      for (;;) yield asked++
    }
    const client = await peer(streaming(source))
    client.request(1, 'watch')
    expect(await client.heard()).toHaveLength(32)
    expect(asked).toBeLessThanOrEqual(33)
  })

  test('is added to by $more, while the stream waits and before', async () => {
    const client = await peer(streaming(() => count()))
    client.say([
      { type: 'watch', id: 1 },
      { type: '$more', id: 1, count: 3 },
    ])
    expect(await client.heard()).toHaveLength(35)
    client.say({ type: '$more', id: 1, count: 2 }, { type: '$more', id: 1, count: 1 })
    expect(await client.heard()).toEqual([35, 36, 37].map(item))
  })

  test('can be given without end', async () => {
    const client = await peer(streaming(() => count(0, 1000)))
    const more = { type: '$more', id: 1, count: Number.MAX_SAFE_INTEGER }
    client.say({ type: 'watch', id: 1 }, more, more)
    expect(await client.heard()).toHaveLength(1001)
  })

  test('is not needed for the end of 32 items', async () => {
    expect((await frames(() => count(0, 32))).at(-1)).toEqual(END)
    expect((await frames(() => count(0, 33))).at(-1)).toEqual(item(31))
  })

  test('that is no positive whole number is a bad_frame and changes nothing', async () => {
    const client = await peer(streaming(() => count()))
    client.request(1, 'watch')
    await client.heard()
    const counts = [0, -1, 1.5, '5', null, undefined, 1e300]
    client.say(...counts.map((n) => ({ type: '$more', id: 1, count: n })))
    const said = await client.heard()
    expect(said).toEqual(
      counts.map(() => ({ error: { code: 'bad_frame', message: expect.any(String) } })),
    )
  })
})

describe('a cancel', () => {
  test('ends the stream with one frame, and its source runs its finally', async () => {
    let cleaned = 0
    const source = async function* (): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        cleaned++
      }
    }
    const client = await peer(streaming(source))
    client.request(1, 'watch')
    await client.heard()
    client.say({ type: '$cancel', id: 1 }, { type: '$more', id: 1, count: 10 })
    expect(await client.heard()).toMatchObject([{ id: 1, error: { code: 'canceled' } }])
    expect(cleaned).toBe(1)
  })

  test('aborts the signal, so that a source that waits can stop', async () => {
    let cleaned = 0
    const source = async function* (c: { signal: AbortSignal }): AsyncGenerator<number> {
      try {
        yield 1
        await new Promise((resolve) => c.signal.addEventListener('abort', resolve))
        yield 2
      } finally {
        cleaned++
      }
    }
    const client = await peer(streaming(source))
    client.request(1, 'watch')
    expect(await client.heard()).toEqual([item(1)])
    client.say({ type: '$cancel', id: 1 })
    expect(await client.heard()).toMatchObject([{ id: 1, error: { code: 'canceled' } }])
    expect(cleaned).toBe(1)
  })

  test('that comes before the source is there leaves nothing running', async () => {
    const gate = Promise.withResolvers<unknown>()
    let [asked, returned] = [0, 0]
    const client = await peer(streaming(() => gate.promise))
    client.request(1, 'watch')
    client.say({ type: '$cancel', id: 1 })
    await turn()
    gate.resolve({
      [Symbol.asyncIterator]: () => ({ next: () => ++asked, return: () => ++returned }),
    })
    expect(await client.heard()).toHaveLength(1)
    expect([asked, returned]).toEqual([0, 1])
  })

  test('asks the source to return once, whether it waits for an item or for credit', async () => {
    const never = (): Promise<never> => new Promise(() => {})
    const always = async (): Promise<unknown> => ({ done: false, value: 1 })
    for (const next of [never, always]) {
      let returned = 0
      const iterator = { next, return: async () => ({ done: true, value: ++returned }) }
      const client = await peer(streaming(() => ({ [Symbol.asyncIterator]: () => iterator })))
      client.request(1, 'watch')
      await client.heard()
      client.say({ type: '$cancel', id: 1 })
      expect(await client.heard()).toHaveLength(1)
      expect(returned).toBe(1)
    }
  })

  test('reports a source whose clean-up fails, and tells the client nothing of it', async () => {
    const heard: unknown[] = []
    const stop = observe(({ error, where }) => heard.push([where, error]))
    const source = async function* (): AsyncGenerator<number> {
      try {
        for (;;) yield 1
      } finally {
        // oxlint-disable-next-line no-unsafe-finally
        throw 'unclean'
      }
    }
    const client = await peer(streaming(source))
    client.request(1, 'watch')
    await client.heard()
    client.say({ type: '$cancel', id: 1 })
    expect(await client.heard()).toMatchObject([{ error: { code: 'canceled' } }])
    stop()
    expect(heard).toContainEqual(['stream watch', 'unclean'])
  })
})

describe('the end of the connection', () => {
  test('stops the source', async () => {
    let cleaned = 0
    const source = async function* (): AsyncGenerator<number> {
      try {
        for (;;) yield 1
      } finally {
        cleaned++
      }
    }
    const client = await peer(streaming(source))
    client.request(1, 'watch')
    await turn()
    client.socket.close(1006)
    await turn()
    expect(cleaned).toBe(1)
  })

  test('leaves nothing running of a stream that begins after it', async () => {
    const gate = Promise.withResolvers<void>()
    let [asked, returned] = [0, 0]
    const iterator = {
      next: async () => ({ done: false, value: ++asked }),
      return: async () => ({ done: true, value: ++returned }),
    }
    const at = socket(contract({ requests: { watch: { input: anything, item: anything } } }), {
      open: () => gate.promise,
      requests: { watch: () => ({ [Symbol.asyncIterator]: () => iterator }) as never },
    })
    const client = await peer(at)
    client.request(1, 'watch')
    client.socket.close(1006)
    await turn()
    gate.resolve()
    await turn()
    expect([asked, returned]).toEqual([0, 1])
  })
})

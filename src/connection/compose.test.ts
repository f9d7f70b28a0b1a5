import { describe, expect, test } from 'vitest'
import { anything, peer, turn } from '../../test/support/peer.ts'
import { noUnhandledRejections } from '../../test/support/rejections.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { socket } from '../socket.ts'
import type { SocketMiddleware } from '../types.ts'

const talk = contract({
  messages: { tell: anything },
  requests: {
    ask: { input: anything, output: anything },
    watch: { input: anything, item: anything },
  },
  events: { told: anything },
})

noUnhandledRejections()

/** What `ask` is answered behind this middleware. */
async function behind(use: SocketMiddleware[], ask: (c: any) => any = (c) => c.data): Promise<any> {
  const at = socket(talk, {
    use,
    messages: { tell: (c) => c.send('told', c.data) },
    requests: { ask, watch: () => [1, 2] as never },
  })
  const client = await peer(at)
  client.request(1, 'ask', 'hi')
  const frame = await client.socket.next()
  expect(await client.heard()).toEqual([])
  return frame
}

const reply = { id: 1, data: 'hi' }
const internal = { id: 1, error: { code: 'internal', message: 'internal error' } }
const forbidden = { id: 1, error: { code: 'forbidden', message: expect.any(String) } }
const broken = (): never => {
  throw new Error('secret')
}

describe('middleware', () => {
  test('runs around the handler, the first outermost', async () => {
    const order: string[] = []
    const around =
      (name: string): SocketMiddleware =>
      async (c, next) => {
        order.push(`${name} ${c.type} ${c.data}`)
        await next()
        order.push(`${name} after`)
      }
    const ask = async (): Promise<void> => {
      await turn()
      order.push('handler')
    }
    await behind([around('a'), around('b')], ask)
    expect(order).toEqual(['a ask hi', 'b ask hi', 'handler', 'b after', 'a after'])
  })

  test('runs around messages and streams too', async () => {
    const types: string[] = []
    const at = socket(talk, {
      use: [
        async (c, next) => {
          types.push(c.type)
          await next()
        },
      ],
      messages: { tell: (c) => c.send('told', c.data) },
      requests: { ask: () => 1, watch: () => [1] as never },
    })
    const client = await peer(at)
    client.say({ type: 'tell', data: 1 }, { type: 'watch', id: 1 })
    expect(await client.heard()).toEqual([
      { type: 'told', data: 1 },
      { id: 1, item: 1 },
      { id: 1, end: true },
    ])
    expect(types).toEqual(['tell', 'watch'])
  })

  test('does not run for what is invalid or unknown', async () => {
    let ran = 0
    const at = socket(talk, {
      use: [() => void ran++],
      messages: { tell: () => {} },
      requests: { ask: () => 1, watch: () => [] as never },
    })
    const client = await peer(at)
    client.say({ type: 'nope', id: 1 }, '{')
    expect(await client.heard()).toHaveLength(2)
    expect(ran).toBe(0)
  })

  test('passes the reply on, awaited or returned or left alone, of any kind of handler', async () => {
    const passing: SocketMiddleware[] = [
      async (_, next) => {
        await next()
      },
      (_, next) => next(),
      (_, next) => void next(),
      async (_, next) => {
        await turn()
        await next()
        await turn()
      },
      async (_, next) => void next(),
    ]
    for (const middleware of passing) {
      for (const ask of [(c: any) => c.data, async (c: any) => c.data]) {
        for (const inner of passing) {
          expect(await behind([middleware, inner], ask)).toEqual(reply)
          expect(await behind([middleware, inner, middleware], ask)).toEqual(reply)
        }
      }
    }
  })

  test('replies in the same turn where all is synchronous', async () => {
    const order: string[] = []
    const at = socket(talk, {
      use: [(_, next) => void next().then(() => order.push('later'))],
      messages: { tell: () => {} },
      requests: { ask: () => 1, watch: () => [] as never },
    })
    const client = await peer(at)
    client.socket.send({ type: 'ask', id: 1 })
    client.socket.send({ type: 'nope', id: 2 })
    const first = (await client.socket.next()) as { id: number }
    expect(first.id).toBe(1)
  })

  test('that does not call next() refuses: the handler does not run', async () => {
    let ran = 0
    const refusing: SocketMiddleware[] = [() => {}, async () => {}, async () => void (await turn())]
    for (const middleware of refusing) {
      expect(await behind([middleware], () => ran++)).toEqual(forbidden)
      expect(await behind([(_, next) => next(), middleware], () => ran++)).toEqual(forbidden)
    }
    expect(ran).toBe(0)
  })

  test('that does not call next() refuses a stream and a message just so', async () => {
    const ran: string[] = []
    const at = socket(talk, {
      use: [() => {}],
      messages: { tell: () => ran.push('tell') },
      requests: { ask: () => 1, watch: () => (ran.push('watch'), []) as never },
    })
    const client = await peer(at)
    client.say({ type: 'tell' }, { type: 'watch', id: 1 })
    expect(await client.heard()).toContainEqual(forbidden)
    expect(ran).toEqual([])
  })

  test('can refuse with an error of its own', async () => {
    const refuse: SocketMiddleware = () => {
      throw new SocketError('rate_limited', 'slow down', { retryAfterMs: 100 })
    }
    const told = { id: 1, error: { code: 'rate_limited', message: 'slow down', retryAfter: 100 } }
    expect(await behind([refuse])).toEqual(told)
    expect(await behind([async (c, next) => refuse(c, next)])).toEqual(told)
    expect(await behind([(_, next) => next(), refuse])).toEqual(told)
  })
})

describe('next()', () => {
  test('called twice runs the handler once, and is an error', async () => {
    let ran = 0
    const twice: SocketMiddleware[] = [
      async (_, next) => {
        await next()
        await next()
      },
      async (_, next) => void (await Promise.all([next(), next()])),
      (_, next) => {
        void next()
        void next()
      },
    ]
    for (const middleware of twice) {
      ran = 0
      expect(await behind([middleware], () => ran++)).toEqual(internal)
      expect(ran).toBe(1)
    }
  })

  test('rejects with what the handler throws, so that middleware sees it', async () => {
    const seen: unknown[] = []
    const watch: SocketMiddleware = async (_, next) => {
      try {
        await next()
      } catch (error) {
        seen.push((error as Error).message)
        throw error
      }
    }
    expect(await behind([watch], broken)).toEqual(internal)
    expect(await behind([watch], async () => broken())).toEqual(internal)
    expect(await behind([watch, watch], async () => broken())).toEqual(internal)
    expect(seen).toEqual(Array(4).fill('secret'))
  })

  test('never throws what the handler throws, and what nobody passes on is told all the same', async () => {
    const silent: SocketMiddleware[] = [
      (_, next) => next().catch(() => {}),
      async (_, next) => {
        try {
          await next()
        } catch {
          // not passed on
        }
      },
      (_, next) => void next(),
    ]
    for (const middleware of silent) {
      expect(await behind([middleware], broken)).toEqual(internal)
      expect(await behind([middleware], async () => broken())).toEqual(internal)
    }
  })

  test('lets middleware put an error of its own in the place of the handler’s', async () => {
    const translate: SocketMiddleware = async (_, next) => {
      try {
        await next()
      } catch (cause) {
        throw new SocketError('conflict', 'taken', { cause })
      }
    }
    const told = { id: 1, error: { code: 'conflict', message: 'taken' } }
    expect(await behind([translate], broken)).toEqual(told)
    expect(await behind([translate], async () => broken())).toEqual(told)
  })

  test('left alone is no unhandled rejection when the handler rejects', async () => {
    const lax: SocketMiddleware[] = [(_, next) => void next(), async (_, next) => void next()]
    for (const middleware of lax) {
      expect(await behind([middleware], async () => broken())).toEqual(internal)
      expect(await behind([middleware, middleware], async () => broken())).toEqual(internal)
    }
  })

  test('left alone is no unhandled rejection when the client has cancelled', async () => {
    const gate = Promise.withResolvers<void>()
    const at = socket(talk, {
      use: [(_, next) => void next()],
      messages: { tell: () => {} },
      requests: {
        ask: async () => {
          await gate.promise
          broken()
        },
        watch: () => [] as never,
      },
    })
    const client = await peer(at)
    client.say({ type: 'ask', id: 1 }, { type: '$cancel', id: 1 })
    await turn()
    gate.resolve()
    expect(await client.heard()).toMatchObject([{ error: { code: 'canceled' } }])
  })
})

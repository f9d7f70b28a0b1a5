import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { anything, peer, slowly, standard, turn } from '../../test/support/peer.ts'
import { noUnhandledRejections } from '../../test/support/rejections.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'

noUnhandledRejections()

const talk = contract({
  messages: { tell: anything },
  requests: { ask: { input: anything, output: anything } },
  events: {
    any: anything,
    strict: z.object({ n: z.number().transform((n) => n + 1) }),
    late: slowly,
    failing: standard(() => Promise.reject(new Error('secret'))),
    'odd "name"': anything,
  },
})

function doing(act: (c: any) => unknown): unknown {
  return socket(talk, { messages: { tell: act }, requests: { ask: act } })
}

describe('$welcome', () => {
  test('is the first frame to who negotiated a subprotocol', async () => {
    const client = await peer(
      socket(talk, {
        open: (c) => c.send('any', 1),
        messages: { tell: () => {} },
        requests: { ask: () => 1 },
      }),
      { arrays: true },
    )
    expect(await client.heard()).toEqual([
      {
        type: '$welcome',
        id: expect.stringMatching(/^c_/),
        beat: 25_000,
        wait: 10_000,
        keys: expect.stringMatching(/^[\w-]{12}$/),
        limits: { message: 65_536 },
        features: [],
      },
      { type: 'any', data: 1 },
    ])
  })

  test('is not sent to others', async () => {
    const client = await peer(doing(() => {}))
    expect(await client.heard()).toEqual([])
  })

  test('has the id that handlers see', async () => {
    const client = await peer(
      doing((c) => c.id),
      { arrays: true },
    )
    client.request(1, 'ask')
    const [welcome, reply] = await client.heard()
    expect(reply.data).toBe(welcome.id)
  })
})

describe('ping', () => {
  test('is answered by pong, a text of its own, after what was said before', async () => {
    const client = await peer(
      doing((c) => c.send('any', c.data)),
      { arrays: true },
    )
    await client.heard()
    client.say({ type: 'tell', data: 1 }, 'ping', { type: 'tell', data: 2 })
    const next = (): Promise<unknown> => client.socket.next()
    expect([await next(), await next(), await next()]).toEqual([
      { type: 'any', data: 1 },
      'pong',
      { type: 'any', data: 2 },
    ])
  })

  test('is these four letters and nothing else', async () => {
    for (const text of ['Ping', 'ping ', '"ping"', 'Pong']) {
      const client = await peer(doing(() => {}))
      client.say(text)
      expect(await client.heard()).toMatchObject([{ error: { code: 'bad_frame' } }])
    }
  })
})

test('pong, the answer to a ping of ours, is the message of nobody', async () => {
  const client = await peer(doing(() => {}))
  client.say('pong')
  expect(await client.heard()).toEqual([])
})

describe('send', () => {
  test('passes data through the schema of the event', async () => {
    const client = await peer(doing((c) => c.send('strict', { n: 1, extra: 'x' })))
    client.say({ type: 'tell' })
    expect(await client.heard()).toEqual([{ type: 'strict', data: { n: 2 } }])
  })

  test('sends any JSON under any name', async () => {
    const client = await peer(doing((c) => c.send('odd "name"', c.data)))
    for (const data of [null, 0, '', [], { __proto__: null, a: '\u2028' }]) {
      client.say({ type: 'tell', data })
      expect(await client.heard()).toEqual([{ type: 'odd "name"', data }])
    }
  })

  test('throws, and sends nothing, for what the contract does not allow', async () => {
    const bad: [string, unknown][] = [
      ['nope', 1],
      ['tell', 1],
      ['constructor', 1],
      ['strict', { n: 'x' }],
      ['strict', undefined],
      ['late', 1],
      ['failing', 1],
      ['any', 5n],
    ]
    for (const [event, data] of bad) {
      let thrown: unknown
      const act = (c: any): void => {
        try {
          c.send(event, data)
        } catch (error) {
          thrown = error
        }
      }
      const client = await peer(doing(act))
      client.say({ type: 'tell' })
      expect([event, await client.heard()]).toEqual([event, []])
      expect(thrown).toBeInstanceOf(TypeError)
    }
  })

  test('that nobody catches is internal to the client, and the connection goes on', async () => {
    const client = await peer(doing((c) => c.send(c.data, 1)))
    client.say({ type: 'tell', data: 'nope' }, { type: 'tell', data: 'any' })
    expect(await client.heard()).toMatchObject([
      { error: { code: 'internal' } },
      { type: 'any', data: 1 },
    ])
  })

  test('goes to one connection alone', async () => {
    const at = doing((c) => c.send('any', 1))
    const [ann, bob] = [await peer(at), await peer(at)]
    ann.say({ type: 'tell' })
    expect([(await ann.heard()).length, (await bob.heard()).length]).toEqual([1, 0])
  })

  test('after the end does nothing', async () => {
    const gate = Promise.withResolvers<void>()
    let sent: unknown = 'not yet'
    const client = await peer(
      doing(async (c) => {
        await gate.promise
        sent = c.send('any', 1)
      }),
    )
    client.say({ type: 'tell' })
    await turn()
    client.socket.close()
    await turn()
    gate.resolve()
    await turn()
    expect(sent).toBeUndefined()
  })
})

describe('order', () => {
  test('handlers start in the order of their messages, and quick ones overtake slow ones', async () => {
    const started: unknown[] = []
    const act = async (c: any): Promise<unknown> => {
      started.push(c.data)
      if (c.data === 'slow') await turn()
      return c.data
    }
    const client = await peer(doing(act))
    client.request(1, 'ask', 'slow')
    client.request(2, 'ask', 'quick')
    await turn()
    expect((await client.heard()).map((frame) => frame.id)).toEqual([2, 1])
    expect(started).toEqual(['slow', 'quick'])
  })

  test('what a handler sends comes before its reply', async () => {
    for (const arrays of [false, true]) {
      const client = await peer(
        doing((c) => {
          c.send('any', 1)
          c.send('any', 2)
          return 3
        }),
        { arrays },
      )
      client.request(1, 'ask')
      const frames = (await client.heard()).filter((frame) => frame.type !== '$welcome')
      expect(frames.map((frame) => frame.data)).toEqual([1, 2, 3])
    }
  })
})

test('handlers see the bindings, the state and one id', async () => {
  const at = socket(talk, {
    state: () => ({ name: 'ann' }),
    messages: { tell: () => {} },
    requests: { ask: (c) => [c.id, c.env, c.state, c.data] },
  })
  const client = await peer(at, { env: { KEY: 1 } })
  client.request(1, 'ask', 'a')
  client.request(2, 'ask', 'b')
  const [first, second] = await client.heard()
  expect(first.data.slice(1)).toEqual([{ KEY: 1 }, { name: 'ann' }, 'a'])
  expect(second.data[0]).toBe(first.data[0])
})

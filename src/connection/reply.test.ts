import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { anything, peer, slowly, standard } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { type ErrorEvent, observe } from '../observe.ts'
import { socket } from '../socket.ts'

let observed: ErrorEvent[] = []
let stop: () => void
beforeEach(() => {
  observed = []
  stop = observe((event) => observed.push(event))
})
afterEach(() => stop())

/** What one request is answered, by a handler with these schemas. */
async function ask(
  handler: (c: any) => any,
  input = anything,
  output = anything,
  data: unknown = 1,
): Promise<any> {
  const at = contract({ requests: { ask: { input, output } } })
  const client = await peer(socket(at, { requests: { ask: handler } }))
  client.request(1, 'ask', data)
  const frames = await client.heard()
  expect(frames).toHaveLength(1)
  expect(await client.ended()).toBeUndefined()
  return frames[0]
}

const throwing = new Proxy(
  {},
  {
    get() {
      throw new Error('secret')
    },
  },
)
const internal = { id: 1, error: { code: 'internal', message: 'internal error' } }

describe('a reply', () => {
  test('is what the handler returns or resolves to', async () => {
    expect(await ask((c) => [c.data])).toEqual({ id: 1, data: [1] })
    expect(await ask(async (c) => [c.data])).toEqual({ id: 1, data: [1] })
    expect(await ask(() => ({ then: (done: (v: number) => void) => done(5) }))).toEqual({
      id: 1,
      data: 5,
    })
  })

  test('is null where the handler returns nothing', async () => {
    expect(await ask(() => {})).toEqual({ id: 1, data: null })
    expect(await ask(async () => {})).toEqual({ id: 1, data: null })
  })

  test('is what the output schema makes of it', async () => {
    const output = z.object({ n: z.number().transform((n) => n + 1) })
    expect(await ask(() => ({ n: 1, secret: 'x' }), anything, output)).toEqual({
      id: 1,
      data: { n: 2 },
    })
    const later = standard(async (value) => ({ value: `${value}!` }))
    expect(await ask(() => 'hi', anything, later)).toEqual({ id: 1, data: 'hi!' })
    expect(await ask(async () => 'hi', anything, later)).toEqual({ id: 1, data: 'hi!' })
  })

  test('that breaks its schema is internal, and says no more', async () => {
    const late = standard(async () => ({ issues: [{ message: 'secret' }] }))
    const throws = standard(() => {
      throw new Error('secret')
    })
    const rejects = standard(() => Promise.reject(new Error('secret')))
    for (const output of [z.number(), late, throws, rejects]) {
      expect(await ask(() => 'secret', anything, output)).toEqual(internal)
      expect(await ask(async () => 'secret', anything, output)).toEqual(internal)
    }
    expect(observed).toHaveLength(8)
    expect(observed[0]).toMatchObject({ type: 'error', where: 'request ask' })
  })

  test('that has no JSON is internal', async () => {
    const loop: { self?: unknown } = {}
    loop.self = loop
    const toJSON = (): never => {
      throw new Error('secret')
    }
    for (const value of [5n, loop, { toJSON }]) {
      expect(await ask(() => value)).toEqual(internal)
      expect(await ask(async () => value)).toEqual(internal)
    }
  })
})

describe('an exception', () => {
  const thrown: [string, unknown][] = [
    ['an Error', new Error('secret')],
    ['a text', 'secret'],
    ['a number', 5],
    ['undefined', undefined],
    ['null', null],
    ['a symbol', Symbol('secret')],
    ['an object without a prototype', Object.create(null)],
    [
      'what looks like a SocketError',
      { name: 'SocketError', code: 'forbidden', message: 'secret' },
    ],
    ['what throws when it is looked at', throwing],
  ]
  for (const [name, error] of thrown) {
    test(`is internal without its text, and observed: ${name}`, async () => {
      const handlers = [
        () => {
          throw error
        },
        () => Promise.reject(error),
      ]
      for (const handler of handlers) expect(await ask(handler)).toEqual(internal)
      expect(observed.map((event) => Object.is(event.error, error))).toEqual([true, true])
      expect(observed[0]?.connection).toMatch(/^c_/)
    })
  }

  test('that is a SocketError is told as it is, and not observed', async () => {
    const full = new SocketError('no_seats', 'all taken', { retryAfterMs: 500, cause: 'secret' })
    const told = { id: 1, error: { code: 'no_seats', message: 'all taken', retryAfter: 500 } }
    expect(await ask(() => Promise.reject(full))).toEqual(told)
    expect(
      await ask(() => {
        throw new SocketError('forbidden')
      }),
    ).toEqual({ id: 1, error: { code: 'forbidden', message: 'forbidden' } })
    expect(observed).toEqual([])
  })

  test('of a message is told without an id, and the connection goes on', async () => {
    const at = contract({ messages: { say: anything } })
    const say = (c: any): unknown => {
      if (c.data === 'refuse') throw new SocketError('forbidden', 'quiet')
      return Promise.reject(new Error('secret'))
    }
    const client = await peer(socket(at, { messages: { say } }))
    client.say({ type: 'say', data: 'refuse' }, { type: 'say', data: 'fail' })
    expect(await client.heard()).toEqual([
      { error: { code: 'forbidden', message: 'quiet' } },
      { error: { code: 'internal', message: 'internal error' } },
    ])
    expect(observed.map((event) => event.where)).toEqual(['message say'])
  })

  test('of an observer harms nobody', async () => {
    const bad = observe(() => {
      throw new Error('observer')
    })
    expect(await ask(() => Promise.reject(new Error('x')))).toEqual(internal)
    bad()
  })
})

describe('input', () => {
  test('reaches the handler as its schema made it', async () => {
    const input = z.object({ text: z.string().trim() })
    expect(await ask((c) => c.data, input, anything, { text: ' hi ', extra: 1 })).toEqual({
      id: 1,
      data: { text: 'hi' },
    })
  })

  test('that breaks its schema is invalid with at most five issues, and the handler does not run', async () => {
    let ran = false
    const input = z.array(z.object({ n: z.number() }))
    const data = Array.from({ length: 9 }, () => ({}))
    const { error } = await ask(() => (ran = true), input, anything, data)
    expect(error.code).toBe('invalid')
    expect(error.issues).toHaveLength(5)
    expect(error.issues[0]).toEqual({ path: [0, 'n'], message: expect.any(String) })
    expect(ran).toBe(false)
  })

  test('is checked by asynchronous schemas too', async () => {
    const input = standard(async (value) =>
      value === 1 ? { value: 2 } : { issues: [{ message: 'no' }] },
    )
    expect(await ask((c) => c.data, input)).toEqual({ id: 1, data: 2 })
    expect((await ask((c) => c.data, input, slowly, 'x')).error.code).toBe('invalid')
  })

  test('is internal where the schema itself fails', async () => {
    const throws = standard(() => {
      throw new Error('secret')
    })
    const rejects = standard(() => Promise.reject(new Error('secret')))
    for (const input of [throws, rejects]) expect(await ask(() => 1, input)).toEqual(internal)
    expect(observed).toHaveLength(2)
  })

  test('of a message that breaks its schema is invalid without an id', async () => {
    const at = contract({ messages: { say: z.string() } })
    const client = await peer(socket(at, { messages: { say: () => {} } }))
    client.say({ type: 'say', data: 5 }, { type: 'say' }, { type: 'say', data: 'ok' })
    const frames = await client.heard()
    expect(frames.map((frame) => [frame.id, frame.error.code])).toEqual([
      [undefined, 'invalid'],
      [undefined, 'invalid'],
    ])
  })
})

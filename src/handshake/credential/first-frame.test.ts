import fc from 'fast-check'
import { Hono, type MiddlewareHandler } from 'hono'
import { every } from 'hono/combine'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../../test/support/arbitrary.ts'
import { type User, auth, setup, verify } from '../../../test/support/guarded.ts'
import { type Peer, anything, peer, turn } from '../../../test/support/peer.ts'
import { noUnhandledRejections } from '../../../test/support/rejections.ts'
import { contract } from '../../contract.ts'
import { rateLimit } from '../../middleware/rate-limit.ts'
import { observe } from '../../observe.ts'
import { socket } from '../../socket.ts'
import { TestClock } from '../../testing/clock.ts'
import { credential } from '../credential.ts'

noUnhandledRejections()

describe('the first frame', () => {
  const from = { from: ['header', 'frame'] as const }

  test('is the credential: then comes the welcome, then open, then the reply', async () => {
    const { log, join } = setup(from)
    const ann = await join(undefined, { arrays: true })
    expect(await ann.heard()).toEqual([])
    expect(log).toEqual(['state'])
    ann.say(auth('ann.5000', 1))
    expect(await ann.heard()).toMatchObject([
      { type: '$welcome', expires: 5000 },
      { type: 'opened', data: { user: 'ann' } },
      { id: 1, data: { expires: 5000 } },
    ])
    expect(log).toEqual(['state', 'open ann'])
    ann.request(2, 'whoami')
    expect(await ann.heard()).toEqual([{ id: 2, data: 'ann' }])
  })

  test('needs no id, and then has no reply', async () => {
    const { join } = setup(from)
    const ann = await join()
    ann.say(auth('ann'))
    expect(await ann.heard()).toEqual([{ type: 'opened', data: { user: 'ann' } }])
    ann.request(1, 'whoami')
    expect(await ann.heard()).toEqual([{ id: 1, data: 'ann' }])
  })

  test('counts as an id', async () => {
    const { join } = setup(from)
    const ann = await join()
    ann.say(auth('ann', 7))
    await ann.heard()
    ann.request(7, 'whoami')
    expect(await ann.heard()).toMatchObject([{ error: { code: 'bad_frame' } }])
    expect((await ann.ended())?.code).toBe(4000)
  })

  test('is renewed as any other', async () => {
    const { clock, join } = setup({ ...from, graceMs: 1000 })
    const ann = await join()
    ann.say(auth('ann.4000', 1))
    await ann.heard()
    clock.advance(2000)
    expect(await ann.heard()).toEqual([{ type: '$reauth', within: 3000 }])
    ann.say(auth('bob', 2), auth('ann.8000', 3))
    expect(await ann.heard()).toMatchObject([
      { id: 2, error: { code: 'forbidden' } },
      { id: 3, data: { expires: 8000 } },
    ])
  })

  test('may be the first of an array: the others are handled after open, in order', async () => {
    const opened = Promise.withResolvers<void>()
    const { log, join } = setup(from, () => opened.promise)
    const ann = await join(undefined, { arrays: true })
    ann.say([
      auth('ann', 1),
      { type: 'note', data: 1 },
      { type: 'whoami', id: 2 },
      'a text',
      { type: 'note', data: 2 },
    ])
    ann.say({ type: 'note', data: 3 })
    await ann.heard()
    expect(log).toEqual(['state', 'open ann'])
    opened.resolve()
    const frames = await ann.heard()
    expect(log).toEqual(['state', 'open ann', 'note 1', 'note 2', 'note 3'])
    expect(frames).toMatchObject([
      { type: 'noted', data: 1 },
      { id: 2, data: 'ann' },
      { error: { code: 'bad_frame' } },
      { type: 'noted', data: 2 },
      { type: 'noted', data: 3 },
    ])
  })

  test('is verified while others wait: they are kept, in order', async () => {
    const gate = Promise.withResolvers<User>()
    const { log, join } = setup({ ...from, verify: () => gate.promise })
    const ann = await join()
    ann.say(auth('slow', 1), { type: 'note', data: 1 }, { type: 'note', data: 2 })
    ann.say(auth('again', 2))
    expect(await ann.heard()).toEqual([])
    expect(log).toEqual(['state'])
    gate.resolve({ user: 'ann' })
    await turn()
    expect(await ann.heard()).toMatchObject([
      { type: 'opened' },
      { id: 1, data: { expires: null } },
      { type: 'noted', data: 1 },
      { type: 'noted', data: 2 },
      { id: 2, data: { expires: null } },
    ])
  })

  test('may wait while pings are answered', async () => {
    const { clock, join } = setup(from)
    const ann = await join()
    for (let i = 0; i < 5; i++) {
      ann.say('ping')
      expect(await ann.socket.next()).toBe('pong')
      clock.advance(1000)
    }
    ann.say(auth('ann', 1))
    expect(await ann.heard()).toHaveLength(2)
  })

  test('may be preceded by pings and pongs', async () => {
    const { join } = setup(from)
    const ann = await join()
    ann.say('pong', auth('ann', 1))
    expect(await ann.heard()).toHaveLength(2)
  })

  test.each([
    ['16 messages', Array.from({ length: 16 }, () => ({ type: 'note', data: 1 })), undefined],
    ['17 messages', Array.from({ length: 17 }, () => ({ type: 'note', data: 1 })), 1013],
    ['64 KiB', [{ type: 'note', data: 'a'.repeat(65_536 - 25) }], undefined],
    ['more than 64 KiB', [{ type: 'note', data: 'a'.repeat(65_536 - 24) }], 1013],
  ])('lets no more than that wait while it is verified: %s', async (_, frames, code) => {
    const gate = Promise.withResolvers<User>()
    const { join } = setup({ ...from, verify: () => gate.promise })
    const ann = await join()
    ann.say(auth('slow', 1), ...frames)
    expect((await ann.ended())?.code).toBe(code)
    gate.resolve({ user: 'ann' })
  })

  // Who was never let in does not leave: close runs for what open has run for.
  test('is waited for ten seconds: 4108', async () => {
    const { clock, log, join } = setup(from)
    const ann = await join()
    clock.advance(9900)
    expect(await ann.ended()).toBeUndefined()
    clock.advance(100)
    expect(await ann.ended()).toEqual({ code: 4108, reason: 'no credential in time' })
    expect(log).toEqual(['state'])
  })

  test('has to be valid by then, too', async () => {
    const gate = Promise.withResolvers<User>()
    const { clock, log, join } = setup({ ...from, frameMs: 500, verify: () => gate.promise })
    const ann = await join()
    ann.say(auth('slow', 1))
    await turn()
    clock.advance(500)
    expect((await ann.ended())?.code).toBe(4108)
    gate.resolve({ user: 'ann' })
    await turn()
    expect(log).toEqual(['state'])
  })

  const unfit: Record<string, unknown> = {
    'another frame': { type: 'note', data: 1 },
    'a request': { type: 'whoami', id: 1 },
    'no token': { type: '$auth', id: 1 },
    'a token that is no text': auth(5, 1),
    'an id that is none': auth('ann', -1),
    'an id that is a text': { ...auth('ann'), id: '1' },
    'no JSON': 'hello',
    nothing: '',
    null: 'null',
    'an empty array': [],
    'an array of arrays': [[auth('ann', 1)]],
    'a later place in an array': [{ type: 'note', data: 1 }, auth('ann', 1)],
    'too many frames': [auth('ann', 1), ...Array<number>(64).fill(0)],
    bytes: new TextEncoder().encode(JSON.stringify(auth('ann', 1))),
  }
  for (const [name, frame] of Object.entries(unfit)) {
    test(`is nothing else: ${name} is 4100`, async () => {
      const { log, join } = setup(from)
      const ann = await join()
      ann.say(frame, auth('ann', 2))
      expect(await ann.ended()).toEqual({ code: 4100, reason: 'a credential comes first' })
      await turn()
      expect(log).toEqual(['state'])
    })
  }

  test('is short: 5 KiB are 1009, of text or of bytes', async () => {
    for (const long of [auth('x'.repeat(5120), 1), 'ü'.repeat(2049), new Uint8Array(4097)]) {
      const { join } = setup(from)
      const ann = await join()
      ann.say(long)
      expect(await ann.ended()).toEqual({
        code: 1009,
        reason: 'at most 4096 bytes before a credential',
      })
    }
    const { join } = setup(from)
    const ann = await join()
    const empty = JSON.stringify(auth('', 1)).length
    ann.say(auth('x'.repeat(4096 - empty), 1))
    expect(await ann.heard()).toHaveLength(2)
  })

  test('may be anything at all: it is 4100, or too long, and nothing is harmed', async () => {
    const errors: unknown[] = []
    const stop = observe((event) => void errors.push(event))
    const { log, join } = setup({ ...from, verify: () => null })
    const near = fc.record(
      {
        type: fc.constantFrom('$auth', '$auth ', 'auth', 5),
        id: fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null)),
        token: fc.oneof(fc.string(), fc.integer(), fc.constant('__proto__')),
      },
      { requiredKeys: [] },
    )
    const message = fc.oneof(
      fc
        .oneof(near, fc.array(near, { maxLength: 3 }), fc.jsonValue())
        .map((value) => JSON.stringify(value)),
      anyText(30).filter((text) => text !== 'ping'),
      fc.uint8Array({ maxLength: 20 }),
      fc.constant('['.repeat(2000)),
      fc.constant(`{"type":"$auth","token":${'['.repeat(2000)}`),
    )
    await fc.assert(
      fc.asyncProperty(message, async (text) => {
        const guest = await join()
        guest.socket.send(text)
        expect((await guest.ended())?.code).toBe(4100)
      }),
      { numRuns: 300 },
    )
    stop()
    expect(errors).toEqual([])
    expect(new Set(log)).toEqual(new Set(['state']))
  })

  test('that is not valid is 4100, one that is too old 4101', async () => {
    for (const [token, code, reason] of [
      ['bad', 4100, 'the credential is not valid'],
      ['ann.0', 4101, 'the credential has expired'],
    ] as const) {
      const { log, join } = setup(from)
      const ann = await join()
      ann.say([auth(token, 1), { type: 'note', data: 1 }])
      expect(await ann.ended()).toEqual({ code, reason })
      await turn()
      expect(log).toEqual(['state'])
    }
  })

  test('whose verify fails is 1011, and observers hear why', async () => {
    const errors: unknown[] = []
    const stop = observe(({ error, where }) => void errors.push([String(error), where]))
    const { join } = setup(from)
    const ann = await join()
    ann.say(auth('broken', 1))
    const end = await ann.ended()
    stop()
    expect(end).toEqual({ code: 1011, reason: 'internal error' })
    expect(errors).toEqual([['Error: secret of the store', 'verify']])
  })

  test('of a client that leaves meanwhile opens nothing', async () => {
    const gate = Promise.withResolvers<User>()
    const { log, join } = setup({ ...from, verify: () => gate.promise })
    const ann = await join()
    ann.say(auth('slow', 1))
    await turn()
    ann.socket.close(1006)
    await turn()
    gate.resolve({ user: 'ann' })
    await turn()
    expect(log).toEqual(['state'])
  })

  test('may say too much for the state: 1011', async () => {
    const large = { user: 'x'.repeat(20_000) }
    const { log, join } = setup({ ...from, verify: () => large, subject: () => 'x' })
    const ann = await join()
    ann.say(auth('x', 1))
    expect((await ann.ended())?.code).toBe(1011)
    await turn()
    expect(log).toEqual(['state'])
  })

  test('is guessed at five times from one address, then the handshake is 429', async () => {
    const policy = credential<User>({ verify, from: ['frame'] }) as MiddlewareHandler
    const app = new Hono<any>().use(policy).get('/', socket(contract({}), {}))
    const clock = new TestClock()
    const env = { remoteAddr: { hostname: '192.0.2.1' } }
    for (let i = 0; i < 5; i++) {
      const guest = await peer(app, { clock, env })
      guest.say(auth('bad'))
      expect((await guest.ended())?.code).toBe(4100)
    }
    await expect(peer(app, { clock, env })).rejects.toThrow('refused with 429')
    await peer(app, { clock, env: { remoteAddr: { hostname: '192.0.2.2' } } })
    clock.advance(60_000)
    await peer(app, { clock, env })
  })

  describe('behind a rate limit', () => {
    const behind = async (messages: number, gate?: Promise<User>): Promise<Peer> => {
      const policy = credential<User>({ verify: (token) => gate ?? verify(token), from: ['frame'] })
      const app = new Hono<any>()
        .use(rateLimit({ messages, windowMs: 60_000 }), policy as MiddlewareHandler)
        .get(
          '/',
          socket(contract({ requests: { say: { input: anything, output: anything } } }), {
            requests: { say: (c) => c.data },
          }),
        )
      return peer(app)
    }

    test('is heard, whatever has come before', async () => {
      const ann = await behind(2)
      ann.say('ping', 'ping', auth('ann', 1))
      const got = [await ann.socket.next(), await ann.socket.next(), await ann.socket.next()]
      expect(got).toEqual(['pong', 'pong', { id: 1, data: { expires: null } }])
      ann.say({ type: 'say', id: 2 })
      expect(await ann.socket.next()).toMatchObject({ id: 2, error: { code: 'rate_limited' } })
      expect(await ann.ended()).toBeUndefined()
    })

    test('may not be preceded by too many pings: 4203, at once', async () => {
      const ann = await behind(2)
      ann.say('ping', 'ping', 'ping', auth('ann', 1))
      expect(await ann.ended()).toEqual({ code: 4203, reason: 'too fast' })
    })

    test('lets no more wait than without one, and answers them in their turn', async () => {
      const gate = Promise.withResolvers<User>()
      const ann = await behind(2, gate.promise)
      ann.say(auth('ann', 1), ...[2, 3, 4].map((id) => ({ type: 'say', id, data: id })))
      gate.resolve({ user: 'ann' })
      await turn()
      const got = [1, 2, 3, 4].map(() => ann.socket.next())
      expect(await Promise.all(got)).toMatchObject([
        { id: 2, data: 2 },
        { id: 3, data: 3 },
        { id: 4, error: { code: 'rate_limited' } },
        { id: 1, data: {} },
      ])
      const bob = await behind(10, new Promise(() => {}))
      bob.say(auth('bob', 1), ...Array.from({ length: 17 }, (_, i) => ({ type: 'say', id: i + 2 })))
      expect((await bob.ended())?.code).toBe(1013)
    })
  })

  test('is asked for by each of two policies, one after the other', async () => {
    const first = credential<User>({ verify, from: ['frame'] }) as MiddlewareHandler
    const second = credential<{ device: string }>({
      verify: (token) => (token === 'phone' ? { device: token } : null),
      from: ['frame'],
    }) as MiddlewareHandler
    const open = (c: any): void => c.send('opened', c.state)
    const app = new Hono<any>()
      .use(every(first, second))
      .get('/', socket(contract({ events: { opened: anything } }), { open }))
    const ann = await peer(app)
    ann.say(auth('ann'))
    expect(await ann.heard()).toEqual([])
    ann.say(auth('phone'))
    expect(await ann.heard()).toEqual([{ type: 'opened', data: { user: 'ann', device: 'phone' } }])
  })
})

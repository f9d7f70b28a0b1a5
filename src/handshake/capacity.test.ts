import { setImmediate } from 'node:timers/promises'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { every, some } from 'hono/combine'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, test } from 'vitest'
import { handshakeHeaders } from '../../test/support/handshake.ts'
import { raw } from '../raw.ts'
import { TestClock } from '../testing/clock.ts'
import { type TestSocket, connect } from '../testing/connect.ts'
import { type CapacityOptions, capacity } from './capacity.ts'
import { type Slot, planOf } from './plan.ts'
import { INTERNALS, type Route } from './route.ts'

const from = (hostname: string): object => ({ env: { remoteAddr: { hostname } } })

function guarded(options: CapacityOptions, ...more: MiddlewareHandler[]): Hono<any> {
  const app = new Hono<any>().get('/page', (c) => c.text('page'))
  return app.get('/:room', capacity(options), ...more, raw({}))
}

async function status(app: Hono<any>, path = '/a', init: object = {}): Promise<number> {
  return (await connect(app, path, init)).response.status
}

describe('connections at a time', () => {
  test('are as many as allowed; beyond it 503, and when to come again', async () => {
    const app = guarded({ max: 2, retryAfterMs: 1500 })
    await connect(app, '/a')
    await connect(app, '/b')
    const { response } = await connect(app, '/a')
    expect([response.status, await response.text()]).toEqual([503, 'Too many connections\n'])
    expect(response.headers.get('retry-after')).toBe('2')
    expect(response.headers.get('connection')).toBe('close')
  })

  test('are counted by key', async () => {
    const app = guarded({ max: 1, key: (c) => c.req.param('room') ?? '' })
    expect(await status(app, '/a')).toBe(101)
    expect(await status(app, '/b')).toBe(101)
    expect(await status(app, '/a')).toBe(503)
    expect(await status(app, '/__proto__')).toBe(101)
    expect(await status(app, '/__proto__')).toBe(503)
  })

  test('are counted by address: beyond it 429', async () => {
    const app = guarded({ max: 1, key: 'address' })
    expect(await status(app, '/a', from('192.0.2.1'))).toBe(101)
    expect(await status(app, '/a', from('192.0.2.2'))).toBe(101)
    const { response } = await connect(app, '/a', from('::ffff:192.0.2.1'))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await status(app, '/a', from('2001:db8::1'))).toBe(101)
    expect(await status(app, '/a', from('2001:DB8:0:0:ffff::2'))).toBe(429)
    expect(await status(app, '/a', from('2001:db8:0:1::1'))).toBe(101)
  })

  test('count apart where the policies are two', async () => {
    const app = new Hono()
      .get('/a', capacity({ max: 1 }), raw({}))
      .get('/b', capacity({ max: 1 }), raw({}))
    expect([await status(app, '/a'), await status(app, '/b')]).toEqual([101, 101])
    expect([await status(app, '/a'), await status(app, '/b')]).toEqual([503, 503])
  })

  test('concern sockets: a page is served, and not counted', async () => {
    const app = new Hono().use(capacity({ max: 1 })).get('/', raw({}), (c) => c.text('page'))
    for (let i = 0; i < 3; i++) expect((await app.request('/')).status).toBe(200)
    expect([await status(app, '/'), await status(app, '/')]).toEqual([101, 503])
    expect((await app.request('/')).status).toBe(200)
  })

  test('are set by whole numbers from 1', () => {
    for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => capacity({ max: wrong })).toThrow(RangeError)
      expect(() => capacity({ max: 1, retryAfterMs: wrong })).toThrow(RangeError)
      expect(() => capacity({ max: 1, attempts: { max: wrong, windowMs: 1 } })).toThrow(RangeError)
      expect(() => capacity({ max: 1, attempts: { max: 1, windowMs: wrong } })).toThrow(RangeError)
    }
  })
})

describe('a place is free again', () => {
  const refuses: MiddlewareHandler = (c, next) =>
    c.req.query('refuse') === undefined
      ? next()
      : Promise.reject(new HTTPException(403, { message: 'no' }))

  /** Takes the only place of an app in one way, and tells whether it is free again. */
  async function after(
    take: (app: Hono<any>) => Promise<unknown>,
    ...more: MiddlewareHandler[]
  ): Promise<boolean> {
    const app = guarded({ max: 1 }, ...more)
    await take(app)
    await setImmediate()
    const free = (await status(app)) === 101
    expect(await status(app)).toBe(503)
    return free
  }

  test('when the connection ends, whoever ends it', async () => {
    const open = (app: Hono<any>): Promise<TestSocket> => connect(app, '/a')
    expect(await after(async (app) => (await open(app)).close())).toBe(true)
    expect(await after(async (app) => (await open(app)).close(1006))).toBe(true)
    expect(await after(open)).toBe(false)
    const leave = raw({ open: (c) => c.close(4321) })
    const app = new Hono().get('/a', capacity({ max: 1 }), leave)
    for (let i = 0; i < 3; i++) {
      const socket = await connect(app, '/a')
      expect([socket.response.status, (await socket.closed).code]).toEqual([101, 4321])
    }
  })

  test('when the handshake is refused afterwards', async () => {
    const refused = (app: Hono<any>): Promise<number> => status(app, '/a?refuse')
    expect(await after(refused, refuses)).toBe(true)
    const foreign = { headers: { origin: 'https://evil.example' } }
    expect(await after((app) => status(app, '/a', foreign))).toBe(true)
    const returns: MiddlewareHandler = async (c, next) =>
      c.req.query('refuse') === undefined ? next() : c.text('no', 403)
    expect(await after(refused, returns)).toBe(true)
    const late: MiddlewareHandler = async (c, next) => {
      await next()
      if (c.req.query('refuse') !== undefined) c.res = c.text('no', 403)
    }
    expect(await after(refused, late)).toBe(true)
    const fails: MiddlewareHandler = (c, next) => {
      if (c.req.query('refuse') !== undefined) throw 'no Error'
      return next()
    }
    expect(await after(refused, fails)).toBe(true)
  })

  test('when the handshake takes too long, even if it goes on later', async () => {
    const gate = Promise.withResolvers<void>()
    const slow: MiddlewareHandler = async (c, next) => {
      if (c.req.query('slow') !== undefined) await gate.promise
      await next()
    }
    const app = guarded({ max: 1 }, slow)
    const clock = new TestClock()
    const socket = connect(app, '/a?slow', { clock })
    await setImmediate()
    expect(await status(app)).toBe(503)
    clock.advance(5000)
    expect((await socket).response.status).toBe(503)
    expect(await status(app)).toBe(101)
    gate.resolve()
    await setImmediate()
    expect(await status(app)).toBe(503)
  })

  test('when a policy in front of the count takes too long and goes on later', async () => {
    const gate = Promise.withResolvers<void>()
    let slow = true
    const app = new Hono<any>()
      .use(async (_, next) => {
        if (slow) await gate.promise
        await next()
      })
      .get('/a', capacity({ max: 1 }), raw({}))
    const clock = new TestClock()
    const socket = connect(app, '/a', { clock })
    await setImmediate()
    clock.advance(5000)
    expect((await socket).response.status).toBe(503)
    slow = false
    gate.resolve()
    await setImmediate()
    expect([await status(app), await status(app)]).toEqual([101, 503])
  })

  test('when its branch of some() fails and another goes on', async () => {
    const vip: MiddlewareHandler = (c, next) =>
      c.req.query('vip') === undefined ? Promise.reject(new HTTPException(403)) : next()
    const app = new Hono<any>()
      .use(some(every(capacity({ max: 1 }), vip), (_, next) => next()))
      .get('/a', raw({}))
    const guests = [await connect(app, '/a'), await connect(app, '/a')]
    expect(guests.map(({ response }) => response.status)).toEqual([101, 101])
    expect(await status(app, '/a?vip')).toBe(101)
    for (const guest of guests) guest.close()
    await setImmediate()
    const full = new Hono<any>().use(every(capacity({ max: 1 }), some(vip, vip))).get('/a', raw({}))
    expect([await status(full, '/a?vip'), await status(full, '/a?vip')]).toEqual([101, 503])
  })

  test('at once where the app is served without an entry, which alone would tell of the end', async () => {
    const app = new Hono<any>().get('/a', capacity({ max: 1 }), (c) => c.text('through'))
    for (let i = 0; i < 3; i++) {
      expect((await app.request('/a', { headers: handshakeHeaders })).status).toBe(200)
    }
  })

  test('once, though it is given back twice', async () => {
    const app = guarded({ max: 2 }, refuses)
    const open = await connect(app, '/a')
    for (let i = 0; i < 3; i++) expect(await status(app, '/a?refuse')).toBe(403)
    expect([await status(app), await status(app)]).toEqual([101, 503])
    open.close()
    open.close()
    await setImmediate()
    expect([await status(app), await status(app)]).toEqual([101, 503])
  })
})

describe('attempts', () => {
  const attempts = { max: 3, windowMs: 3000 }

  test('are a burst, and then come with time', async () => {
    const clock = new TestClock()
    const app = guarded({ max: 100, key: 'address', attempts })
    const init = { ...from('192.0.2.1'), clock }
    for (let i = 0; i < 3; i++) expect(await status(app, '/a', init)).toBe(101)
    const { response } = await connect(app, '/a', init)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await status(app, '/a', { ...from('192.0.2.2'), clock })).toBe(101)
    clock.advance(1000)
    expect([await status(app, '/a', init), await status(app, '/a', init)]).toEqual([101, 429])
    clock.advance(60_000)
    for (let i = 0; i < 3; i++) expect(await status(app, '/a', init)).toBe(101)
    expect(await status(app, '/a', init)).toBe(429)
  })

  test('are counted whether they come to something or not', async () => {
    const app = guarded({ max: 100, key: 'address', attempts })
    const foreign = { headers: { origin: 'https://evil.example' }, ...from('192.0.2.1') }
    for (let i = 0; i < 3; i++) expect(await status(app, '/a', foreign)).toBe(403)
    expect(await status(app, '/a', foreign)).toBe(429)
    expect(await status(app, '/a', from('192.0.2.1'))).toBe(429)
  })

  test('are those of a whole /64', async () => {
    const app = guarded({ max: 100, key: 'address', attempts })
    const spellings = ['2001:db8::1', '2001:DB8:0::2', '2001:db8:0:0:a:b:c:d', '2001:db8::3%eth0']
    const all = await Promise.all(spellings.map((each) => status(app, '/a', from(each))))
    expect(all).toEqual([101, 101, 101, 429])
  })

  test('are remembered of 10,000 keys: of those, each is kept that was seen last', async () => {
    const clock = new TestClock()
    const key = (c: Context): string => c.req.query('key') ?? ''
    const app = new Hono<any>().get(
      '/a',
      capacity({ max: 1, key, attempts: { max: 1, windowMs: 1e9 } }),
      (c) => c.text('tried'),
    )
    const attempt = (name: string): Promise<number> => status(app, `/a?key=${name}`, { clock })
    expect([await attempt('first'), await attempt('second')]).toEqual([200, 200])
    for (let i = 0; i < 9_999; i++) {
      await attempt(`${i}`)
      if (i === 5_000) expect(await attempt('first')).toBe(503)
    }
    expect([await attempt('first'), await attempt('second')]).toEqual([503, 200])
  })
})

describe('where the connection lives in an object', () => {
  async function slots(...policies: MiddlewareHandler[]): Promise<readonly Slot[] | string> {
    const handler = raw({})
    const { route } = (handler as unknown as { [INTERNALS]: { route: Route } })[INTERNALS]
    let seen: readonly Slot[] | undefined
    const app = new Hono<any>()
    for (const policy of policies) app.use('/:room', policy)
    app.get('/:room', handler)
    route.forward = () => Promise.reject(new Error('not forwarded here'))
    const look: MiddlewareHandler = async (c, next) => {
      await next()
      seen = planOf(c).slots
    }
    const whole = new Hono<any>()
      .use(look)
      .route('/', app)
      .onError((error, c) => c.text(error.message, 500))
    const { response } = await connect(whole, '/ab')
    return response.status === 101 ? (seen ?? []) : response.text()
  }

  test('it is counted there, by a tag for each policy', async () => {
    const all = await slots(
      capacity({ max: 7, retryAfterMs: 1000 }),
      capacity({ max: 3, key: (c) => c.req.param('room') ?? '' }),
      capacity({ max: 2, key: 'address' }),
    )
    expect(all).toMatchObject([
      { max: 7, status: 503, retryAfterMs: 1000 },
      { max: 3, status: 503, retryAfterMs: 5000 },
      { max: 2, status: 429, retryAfterMs: 5000 },
    ])
    const tags = (all as Slot[]).map(({ tag }) => tag.replace(/^\d+/, 'N'))
    expect(tags).toEqual(['N:', 'N:ab', 'N:unknown'])
    expect(new Set((all as Slot[]).map(({ tag }) => tag)).size).toBe(3)
  })

  test('a key may be long, and of any characters: its tag is at most 256 bytes', async () => {
    const by = (key: string): Promise<readonly Slot[] | string> =>
      slots(capacity({ max: 1, key: () => key }))
    const tag = async (key: string): Promise<string> => ((await by(key)) as Slot[])[0]?.tag ?? ''
    for (const key of ['x'.repeat(300), 'é'.repeat(150), '\ud800'.repeat(100)]) {
      expect(await tag(key)).toMatch(/^[0-9a-f]{64}$/)
    }
    expect(await tag('x'.repeat(300))).not.toBe(await tag('x'.repeat(301)))
    expect(await tag('x'.repeat(200))).toMatch(/^\d+:x{200}$/)
  })

  test('it is counted in ten ways at most', async () => {
    const ways = (count: number): MiddlewareHandler[] =>
      Array.from({ length: count }, () => capacity({ max: 1 }))
    expect(await slots(...ways(10))).toHaveLength(10)
    expect(await slots(...ways(11))).toBe('Cannot count a connection in more than 10 ways')
  })

  test('a failed branch of some() counts nothing', async () => {
    const refuses: MiddlewareHandler = () => Promise.reject(new HTTPException(403))
    const either = some(every(capacity({ max: 1 }), refuses), capacity({ max: 2 }))
    expect(await slots(either)).toMatchObject([{ max: 2 }])
  })
})

test('what limits nothing is a mistake, and the error says what is missing', () => {
  const policies: [object, string][] = [
    [{}, 'max'],
    [{ attempts: { max: 1, windowMs: 1 } }, 'max'],
    [{ max: 1, attempts: {} }, 'attempts.max'],
    [{ max: 1, attempts: { max: 1 } }, 'attempts.windowMs'],
  ]
  for (const [options, name] of policies) {
    const why = `Cannot make capacity() without ${name}: set it to a whole number from 1`
    expect(() => capacity(options as never)).toThrow(new TypeError(why))
  }
  expect(() => capacity({ max: 1, attempts: { max: 0, windowMs: 1 } })).toThrow(RangeError)
})

import { setImmediate } from 'node:timers/promises'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { every, some } from 'hono/combine'
import { describe, expect, test } from 'vitest'
import { raw } from '../raw.ts'
import { TestClock } from '../testing/clock.ts'
import { type TestSocket, connect } from '../testing/connect.ts'
import { type CredentialOptions, type VerifyContext, credential } from './credential.ts'
import { origin } from './origin.ts'

type User = { user: string; expiresInMs?: number }
type Options = Partial<CredentialOptions<User>>

const bearer = (token: string): { headers: Record<string, string> } => ({
  headers: { authorization: `Bearer ${token}` },
})

/** `ann`, `ann.1000` for a life of a second; `bad` is nobody's. */
function verify(token: string): User | null {
  const [user = '', expiresInMs] = token.split('.')
  if (user === 'bad') return null
  return { user, ...(expiresInMs !== undefined && { expiresInMs: Number(expiresInMs) }) }
}

function guarded(options: Options = {}, ...more: MiddlewareHandler[]): Hono<any> {
  const state = (c: Context<any>): { user: string } => ({ user: c.get('user') ?? 'nobody' })
  const app = new Hono<any>().use(credential<User>({ verify, ...options }) as MiddlewareHandler)
  for (const each of more) app.use(each)
  return app.get('/', raw({ state, open: (c) => c.send(c.state.user) }), (c) => c.text('page'))
}

async function end({ response, closed }: TestSocket): Promise<[number, number, string]> {
  const { code, reason } = await closed
  return [response.status, code, reason]
}

describe('a valid credential', () => {
  test('admits, and what it says is a variable of the handshake', async () => {
    const socket = await connect(guarded(), '/', bearer('ann'))
    expect([socket.response.status, await socket.next()]).toEqual([101, 'ann'])
  })

  test('is never echoed', async () => {
    const protocols = ['denwa.bearer.YW5u']
    const { response } = await connect(guarded(), '/', { protocols })
    expect(response.status).toBe(101)
    expect(JSON.stringify([...response.headers])).not.toContain('YW5u')
  })

  test('is verified once, with the bindings', async () => {
    const asked: [string, VerifyContext][] = []
    const app = guarded({ verify: (token, c) => (asked.push([token, c]), { user: 'ann' }) })
    await connect(app, '/', { ...bearer('token'), env: { SECRET: 'x' } })
    expect(asked).toMatchObject([['token', { env: { SECRET: 'x' } }]])
  })

  test('is asked of sockets only', async () => {
    const app = guarded({ verify: () => Promise.reject(new Error('not to be asked')) })
    expect(await (await app.request('/', bearer('bad'))).text()).toBe('page')
  })
})

const MISSING = 'This endpoint wants a credential\n'

describe('no valid credential is 401, and says how to bring one', () => {
  const refused: [name: string, init: object, why: string][] = [
    ['none', {}, MISSING],
    ['of another scheme', { headers: { authorization: 'Basic YW5u' } }, MISSING],
    ['in a place where nobody looks', { headers: { cookie: 'sid=ann' } }, MISSING],
    ['empty', { protocols: ['denwa.bearer.'] }, MISSING],
    ['not valid', bearer('bad'), 'The credential is not valid\n'],
    ['expired', bearer('ann.0'), 'The credential has expired\n'],
    ['long expired', bearer('ann.-5'), 'The credential has expired\n'],
  ]
  for (const [name, init, why] of refused) {
    test(name, async () => {
      const { response } = await connect(guarded(), '/', init)
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(response.headers.get('connection')).toBe('close')
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await response.text()).toBe(why)
    })
  }

  test('or 4100, or 4101 where it is only too old', async () => {
    const app = guarded({ refuse: 'close' })
    expect(await end(await connect(app, '/'))).toEqual([
      101,
      4100,
      'This endpoint wants a credential',
    ])
    expect(await end(await connect(app, '/', bearer('bad')))).toEqual([
      101,
      4100,
      'The credential is not valid',
    ])
    expect(await end(await connect(app, '/', bearer('ann.0')))).toEqual([
      101,
      4101,
      'The credential has expired',
    ])
  })

  test('but a foreign page is told 403', async () => {
    const headers = { origin: 'https://evil.example' }
    const app = guarded({ refuse: 'close' })
    expect((await connect(app, '/', { headers })).response.status).toBe(403)
    let asked = 0
    const behind = new Hono<any>()
      .use(origin('https://app.example'))
      .use(credential({ verify: () => (asked++, null), refuse: 'close' }))
      .get('/', raw({}))
    const brought = { ...headers, authorization: 'Bearer bad' }
    expect((await connect(behind, '/', { headers: brought })).response.status).toBe(403)
    expect(asked).toBe(0)
  })
})

describe('many invalid credentials', () => {
  const of = (hostname: string, token = 'bad', more: object = {}): object => ({
    ...bearer(token),
    ...more,
    env: { remoteAddr: { hostname } },
  })
  async function statuses(app: Hono<any>, times: number, init: object): Promise<number[]> {
    const all: number[] = []
    for (let i = 0; i < times; i++) all.push((await connect(app, '/', init)).response.status)
    return all
  }

  test('are 401 five times, then 429 for a minute, by HTTP alone', async () => {
    const clock = new TestClock()
    for (const how of ['http', 'close'] as const) {
      const app = guarded({ refuse: how })
      const first = how === 'http' ? 401 : 101
      expect(await statuses(app, 7, of('192.0.2.1', 'bad', { clock }))).toEqual([
        ...Array<number>(5).fill(first),
        429,
        429,
      ])
      const { response } = await connect(app, '/', of('192.0.2.1', 'ann', { clock }))
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
      clock.advance(60_000)
      expect(await statuses(app, 1, of('192.0.2.1', 'ann', { clock }))).toEqual([101])
    }
  })

  test('keep out one address, in any spelling, and no other', async () => {
    const app = guarded({ maxFailures: 2 })
    expect(await statuses(app, 3, of('2001:db8::1'))).toEqual([401, 401, 429])
    expect(await statuses(app, 1, of('2001:DB8:0:0:9::7', 'ann'))).toEqual([429])
    expect(await statuses(app, 1, of('2001:db8:0:1::1', 'ann'))).toEqual([101])
  })

  test('do not run verify any more', async () => {
    let asked = 0
    const app = guarded({ verify: () => (asked++, null) })
    await statuses(app, 100, of('192.0.2.1'))
    expect(asked).toBe(5)
  })

  test('are counted by another key, if that is wanted', async () => {
    const app = guarded({ maxFailures: 1, key: (c) => c.req.header('x-client') ?? '' })
    const client = (name: string, token: string): object => ({
      headers: { authorization: `Bearer ${token}`, 'x-client': name },
    })
    expect(await statuses(app, 2, client('a', 'bad'))).toEqual([401, 429])
    expect(await statuses(app, 1, client('b', 'ann'))).toEqual([101])
  })

  test('keep out nobody where no address is known', async () => {
    expect(await statuses(guarded(), 8, bearer('bad'))).toEqual(Array(8).fill(401))
  })

  test('are not those that are missing or expired', async () => {
    const app = guarded({ maxFailures: 1 })
    const missing = { env: { remoteAddr: { hostname: '192.0.2.1' } } }
    expect(await statuses(app, 3, missing)).toEqual([401, 401, 401])
    expect(await statuses(app, 3, of('192.0.2.1', 'ann.0'))).toEqual([401, 401, 401])
    expect(await statuses(app, 2, of('192.0.2.1'))).toEqual([401, 429])
  })
})

describe('verify', () => {
  test('that fails is the error of the app, and admits nobody', async () => {
    for (const fails of [
      () => Promise.reject(new Error('down')),
      (): never => {
        throw new Error('down')
      },
    ]) {
      for (const how of ['http', 'close'] as const) {
        const app = guarded({ verify: fails, refuse: how })
        app.onError((error, c) => c.text(error.message, 500))
        const { response } = await connect(app, '/', bearer('ann'))
        expect([response.status, await response.text()]).toEqual([500, 'down'])
      }
    }
  })

  test('that never settles is 503 after 5 s', async () => {
    const clock = new TestClock()
    const app = guarded({ verify: () => new Promise(() => {}) })
    const socket = connect(app, '/', { ...bearer('ann'), clock })
    await setImmediate()
    clock.advance(5000)
    expect((await socket).response.status).toBe(503)
  })

  test('has to say a number for the time, if it says one', async () => {
    for (const wrong of [NaN, '1000', null, {}, new Date(0)]) {
      const app = guarded({ verify: () => ({ user: 'ann', expiresInMs: wrong as number }) })
      app.onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))
      const { response } = await connect(app, '/', bearer('ann'))
      expect(response.status).toBe(500)
      expect(await response.text()).toMatch(/^TypeError: Cannot let a credential expire in /)
    }
    for (const right of [undefined, Infinity, 1e300, 0.5]) {
      const app = guarded({ verify: () => ({ user: 'ann', expiresInMs: right as number }) })
      expect((await connect(app, '/', bearer('ann'))).response.status).toBe(101)
    }
  })

  test('has to say in little who it is for', async () => {
    const claims = { user: 'ann', more: 'é'.repeat(2100) } as User
    const app = guarded({ verify: () => claims })
    app.onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))
    const { response } = await connect(app, '/', bearer('ann'))
    expect([response.status, await response.text()]).toEqual([
      500,
      'RangeError: Cannot keep a subject of 2124 characters: set subject to at most 4096 bytes',
    ])
    const named = guarded({ verify: () => claims, subject: ({ user }) => user })
    expect((await connect(named, '/', bearer('ann'))).response.status).toBe(101)
  })

  test('may name what it says as it likes', async () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":1},"user":"ann"}') as User
    const socket = await connect(guarded({ verify: () => hostile }), '/', bearer('x'))
    expect(await socket.next()).toBe('ann')
    expect('polluted' in {}).toBe(false)
  })
})

describe('together with other policies', () => {
  const anonymous: MiddlewareHandler = (_, next) => next()
  const only =
    (header: string): MiddlewareHandler =>
    async (c, next) => {
      if (c.req.header(header) === undefined) throw new Error('not here')
      await next()
    }

  test('it is one way of several, and leaves nothing if it is not taken', async () => {
    const state = (c: Context<any>): { user: string } => ({ user: c.get('user') ?? 'nobody' })
    const strict = every(credential<User>({ verify }) as MiddlewareHandler, only('x-inside'))
    const app = new Hono<any>()
      .use(some(strict, anonymous))
      .get('/', raw({ state, open: (c) => c.send(c.state.user) }))
    const clock = new TestClock()
    const headers = { authorization: 'Bearer ann.1000' }
    const inside = await connect(app, '/', { headers: { ...headers, 'x-inside': '1' }, clock })
    expect(await inside.next()).toBe('ann')
    const outside = await connect(app, '/', { headers, clock })
    expect(await outside.next()).toBe('nobody')
    clock.advance(60_000)
    expect(await end(inside)).toEqual([101, 4101, 'the credential has expired'])
    const open = await Promise.race([outside.closed, setImmediate('open')])
    expect(open).toBe('open')
  })
})

describe('set-up', () => {
  test('refuses places that there are not, and numbers that are none', () => {
    for (const from of [[], ['query'], ['cookie:'], ['header', 'x']] as never[]) {
      expect(() => credential({ verify, from })).toThrow(TypeError)
    }
    for (const wrong of [0, -1, 1.5, NaN]) {
      for (const name of ['frameMs', 'warnMs', 'graceMs', 'maxFailures']) {
        expect(() => credential({ verify, [name]: wrong })).toThrow(RangeError)
      }
    }
  })

  test('of a frame in front of a raw socket is an error that says so', async () => {
    const app = guarded({ from: ['header', 'frame'] })
    app.onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))
    const { response } = await connect(app, '/')
    expect([response.status, await response.text()]).toEqual([
      500,
      'TypeError: Cannot wait for a frame of a raw socket: set another place in from of credential()',
    ])
    expect((await connect(app, '/', bearer('ann'))).response.status).toBe(101)
  })
})

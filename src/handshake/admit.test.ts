import { setImmediate } from 'node:timers/promises'
import { Hono, type MiddlewareHandler } from 'hono'
import { setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, test } from 'vitest'
import { contract } from '../contract.ts'
import { raw } from '../raw.ts'
import { systemTimers } from '../runtime/timers.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { connect } from '../testing/connect.ts'
import { type App, admit } from './admit.ts'

type Middleware = MiddlewareHandler

/** What proves a grant is not for the wire. */
function expectNoMark({ headers, statusText }: Response): void {
  expect(JSON.stringify([statusText, [...headers]])).not.toMatch(
    /[0-9a-f]{8}-[0-9a-f]{4}-|denwa-upgrade/,
  )
}

/** The answer to a handshake behind a middleware; `opened` says whether a socket came of it. */
async function behind(middleware: Middleware): Promise<{ response: Response; opened: boolean }> {
  let opened = false
  const open = (): void => void (opened = true)
  const app = new Hono().use(middleware).get('/', raw({ open }))
  const { response } = await connect(app, '/')
  await setImmediate()
  expectNoMark(response)
  return { response, opened }
}

describe('the 101', () => {
  test('carries headers and cookies that middleware sets before and after next()', async () => {
    const { response, opened } = await behind(async (c, next) => {
      c.header('x-before', '1')
      setCookie(c, 'before', '1')
      await next()
      c.header('x-after', '2')
      setCookie(c, 'after', '2', { httpOnly: true })
      c.res.headers.set('x-set', '3')
    })
    expect([response.status, opened]).toEqual([101, true])
    const { headers } = response
    expect(['x-before', 'x-after', 'x-set'].map((name) => headers.get(name))).toEqual([
      '1',
      '2',
      '3',
    ])
    expect(headers.getSetCookie()).toEqual(['before=1; Path=/', 'after=2; Path=/; HttpOnly'])
  })

  test('carries no header that belongs to the runtime or to a body', async () => {
    const own = {
      'content-type': 'text/plain',
      'content-length': '5',
      'content-encoding': 'gzip',
      'transfer-encoding': 'chunked',
      connection: 'close',
      upgrade: 'h2c',
      'sec-websocket-accept': 'x',
      'sec-websocket-protocol': 'evil',
      'sec-websocket-extensions': 'x',
    }
    const { response } = await behind(async (c, next) => {
      await next()
      for (const [name, value] of Object.entries(own)) c.res.headers.set(name, value)
    })
    expect(response.status).toBe(101)
    for (const name of Object.keys(own))
      expect([name, response.headers.has(name)]).toEqual([name, false])
  })

  test('is given to a copy of the response too', async () => {
    const { response, opened } = await behind(async (c, next) => {
      await next()
      c.res = new Response(c.res.body, c.res)
    })
    expect([response.status, opened]).toEqual([101, true])
  })
})

describe('a late answer wins over the upgrade', () => {
  const late: Record<string, Middleware> = {
    'a response put in its place': async (c, next) => {
      await next()
      c.res = c.text('too late', 401)
    },
    'a response put in its place after the old one was dropped': async (c, next) => {
      await next()
      c.res = undefined
      c.res = new Response('too late', { status: 401 })
    },
    'an HTTPException': async (_, next) => {
      await next()
      throw new HTTPException(401, { message: 'too late' })
    },
  }
  for (const [name, middleware] of Object.entries(late)) {
    test(name, async () => {
      const { response, opened } = await behind(middleware)
      expect([response.status, await response.text(), opened]).toEqual([401, 'too late', false])
    })
  }

  test('an Error becomes what the app makes of it', async () => {
    let opened = false
    const app = new Hono()
      .use(async (_, next) => {
        await next()
        throw new Error('too late')
      })
      .get('/', raw({ open: () => (opened = true) }))
      .onError((error, c) => c.text(error.message, 500))
    const { response } = await connect(app, '/')
    await setImmediate()
    expect([response.status, await response.text(), opened]).toEqual([500, 'too late', false])
    expectNoMark(response)
  })

  test('a mark that is not of this handshake opens nothing', async () => {
    const forged = new Response(null, { status: 204, statusText: 'guess' })
    const { response, opened } = await behind(async (c, next) => {
      await next()
      c.res = undefined
      c.res = forged
    })
    expect([response.status, opened]).toEqual([204, false])
  })

  test('a response of another status opens nothing, whatever else it has copied', async () => {
    let opened = false
    const app = new Hono()
      .use(async (c, next) => {
        await next()
        const { headers, statusText } = c.res
        c.res = new Response('too late', { status: 401, headers, statusText })
      })
      .get('/', raw({ open: () => (opened = true) }))
    const { response } = await connect(app, '/')
    await setImmediate()
    expect([response.status, opened]).toEqual([401, false])
  })

  test('a mark without an upgrade opens nothing', async () => {
    const { response, opened } = await behind(
      async () => new Response(null, { status: 204, statusText: 'guess' }),
    )
    expect([response.status, opened]).toEqual([204, false])
  })
})

describe('a refusal', () => {
  test('arrives whole, and ends the HTTP connection', async () => {
    const { response, opened } = await behind(async (c) =>
      c.json({ why: 'no token' }, 401, { 'www-authenticate': 'Bearer' }),
    )
    expect([response.status, await response.json(), opened]).toEqual([
      401,
      { why: 'no token' },
      false,
    ])
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(response.headers.get('connection')).toBe('close')
  })

  test('answers every method but GET with 405, and the app does not run', async () => {
    for (const method of ['POST', 'PUT', 'OPTIONS', 'HEAD', 'DELETE']) {
      let ran = false
      const app = new Hono().all('/', (c) => c.text(`${(ran = true)}`))
      const { response } = await connect(app, '/', { method })
      expect([method, response.status, response.headers.get('allow'), ran]).toEqual([
        method,
        405,
        'GET',
        false,
      ])
    }
  })

  test('is 503 when the app takes longer than 5 s, and a later grant is worth nothing', async () => {
    const clock = new TestClock()
    const gate = Promise.withResolvers<void>()
    let opened = false
    const app = new Hono().get(
      '/',
      async (_, next) => {
        await gate.promise
        await next()
      },
      raw({ open: () => (opened = true) }),
    )
    const socket = connect(app, '/', { clock })
    await setImmediate()
    clock.advance(4999)
    await setImmediate()
    clock.advance(1)
    const { response } = await socket
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    gate.resolve()
    await setImmediate()
    expect(opened).toBe(false)
  })

  test('is 500 if the app throws what is no Error, or throws at once', async () => {
    const thrown: App[] = [
      { fetch: () => Promise.reject('secret') },
      { fetch: () => Promise.reject(undefined) },
      {
        fetch() {
          throw new Error('secret')
        },
      },
    ]
    for (const app of thrown) {
      const outcome = await admit(app, new Request('http://localhost/'), {}, systemTimers)
      if (!(outcome instanceof Response)) throw new Error('granted')
      expect(outcome.status).toBe(500)
      expect(await outcome.text()).not.toContain('secret')
    }
  })

  test('of a path that has no route is the 404 of the app', async () => {
    const { response } = await connect(new Hono().get('/other', raw({})), '/')
    expect([response.status, response.headers.get('connection')]).toEqual([404, 'close'])
  })
})

test('the app sees its bindings, unchanged', async () => {
  const env = { NAME: 'x' }
  const app = new Hono<{ Bindings: typeof env }>().get(
    '/',
    raw({ state: (c) => ({ name: c.env.NAME }), open: (c) => c.send(c.state.name) }),
  )
  const socket = await connect(app, '/', { env })
  expect(await socket.next()).toBe('x')
  expect(Reflect.ownKeys(env)).toEqual(['NAME'])
})

test('an app that is served without denwa says so', async () => {
  let message = ''
  const app = new Hono().get('/', socket(contract({}), {})).onError((error, c) => {
    message = error.message
    return c.text('error', 500)
  })
  const response = await app.request('/', {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    },
  })
  expect(response.status).toBe(500)
  expectNoMark(response)
  expect(message).toMatch(/^Cannot upgrade: serve the app with .*denwa\/node/)
})

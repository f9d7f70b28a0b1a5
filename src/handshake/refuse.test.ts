import { setImmediate } from 'node:timers/promises'
import { Hono, type MiddlewareHandler } from 'hono'
import { every, some } from 'hono/combine'
import { HTTPException } from 'hono/http-exception'
import { afterEach, describe, expect, test } from 'vitest'
import { handshakeHeaders } from '../../test/support/handshake.ts'
import { type Observation, observe } from '../observe.ts'
import { raw } from '../raw.ts'
import { type TestSocket, connect } from '../testing/connect.ts'
import { origin } from './origin.ts'
import { type Refuse, refuse } from './refuse.ts'
import { subprotocol } from './subprotocol.ts'

const WHY = { status: 401, code: 4100, why: 'who are you?' } as const

const refuses =
  (how?: Refuse, more: object = {}): MiddlewareHandler =>
  (c) =>
    refuse(c, { ...WHY, ...more }, how)
const passes: MiddlewareHandler = (_, next) => next()

interface Guarded {
  readonly app: Hono<any>
  readonly calls: string[]
}

/** A socket, and what of it has run. */
function guarded(...middleware: MiddlewareHandler[]): Guarded {
  const calls: string[] = []
  const app = new Hono<any>().use('*', ...middleware).get(
    '/',
    raw({
      state: () => (calls.push('state'), {}),
      open: () => void calls.push('open'),
      close: () => void calls.push('close'),
    }),
  )
  return { app, calls }
}

async function end(socket: TestSocket): Promise<[status: number, code: number, reason: string]> {
  const { code, reason } = await socket.closed
  return [socket.response.status, code, reason]
}

describe('a refusal by HTTP', () => {
  test('is an HTTPException with a whole response in it', async () => {
    let seen: unknown
    const { app, calls } = guarded(refuses('http', { headers: { 'Retry-After': '7' } }))
    app.onError((error) => {
      seen = error
      return (error as HTTPException).getResponse()
    })
    const { response } = await connect(app, '/')
    expect(seen).toBeInstanceOf(HTTPException)
    expect([(seen as HTTPException).status, (seen as Error).message]).toEqual([401, WHY.why])
    expect([response.status, await response.text()]).toEqual([401, 'who are you?\n'])
    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'no-store',
      connection: 'close',
      'content-type': 'text/plain; charset=UTF-8',
      'retry-after': '7',
      vary: 'Origin',
    })
    expect(calls).toEqual([])
  })

  test('is what a handler of errors makes of it', async () => {
    const { app } = guarded(refuses('close'))
    app.onError((error, c) => c.json({ why: error.message }, 418))
    const { response } = await connect(app, '/')
    expect([response.status, await response.json()]).toEqual([418, { why: WHY.why }])
    expect(response.headers.get('connection')).toBe('close')
    expect(response.headers.has('denwa-closes')).toBe(false)
  })
})

describe('a refusal by a close code', () => {
  test('follows the 101, and neither state nor open nor close has run', async () => {
    const { app, calls } = guarded(refuses('close'))
    const socket = await connect(app, '/')
    expect(await end(socket)).toEqual([101, 4100, 'who are you?'])
    expect(socket.response.headers.has('denwa-closes')).toBe(false)
    await setImmediate()
    expect(calls).toEqual([])
  })

  test('carries the subprotocol that the socket would have chosen', async () => {
    const chat = subprotocol(['chat.v1', 'chat.v2'])
    const before = new Hono().use(chat).use(refuses('close')).get('/', raw({}))
    const after = new Hono().use(refuses('close')).get('/', chat, raw({}))
    const sub = new Hono().route('/', new Hono().use(refuses('close')).get('/', chat, raw({})))
    for (const app of [before, after, sub]) {
      const socket = await connect(app, '/', { protocols: ['x', 'denwa.bearer.eA', 'chat.v2'] })
      expect(socket.response.headers.get('sec-websocket-protocol')).toBe('chat.v2')
      expect(await end(socket)).toEqual([101, 4100, 'who are you?'])
      const none = await connect(app, '/')
      expect(none.response.headers.has('sec-websocket-protocol')).toBe(false)
      expect((await end(none))[1]).toBe(4100)
    }
  })

  test('is not for a page that may not connect: 403, whatever else is wrong', async () => {
    const headers = { origin: 'https://evil.example' }
    const { response } = await connect(guarded(refuses('close')).app, '/', { headers })
    expect(response.status).toBe(403)
    expect(await response.text()).not.toContain('who are you')
    const listed = guarded(origin('https://evil.example'), refuses('close')).app
    expect(await end(await connect(listed, '/', { headers }))).toEqual([101, 4100, 'who are you?'])
    const ours = { headers: { origin: 'http://localhost' } }
    expect((await connect(listed, '/', ours)).response.status).toBe(403)
    const cookie = { headers: { cookie: 'a=1' } }
    expect((await connect(guarded(refuses('close')).app, '/', cookie)).response.status).toBe(403)
  })

  test('is an answer of HTTP where the handshake itself is wrong, or leads to no socket', async () => {
    const { app } = guarded(refuses('close'))
    const status = async (path: string, init: object): Promise<number> =>
      (await connect(app, path, init)).response.status
    expect(await status('/', { headers: { 'sec-websocket-version': '8' } })).toBe(401)
    expect(await status('/', { protocols: ['nobody.knows'] })).toBe(401)
    expect(await status('/elsewhere', {})).toBe(401)
    expect((await app.request('/')).status).toBe(401)
  })

  test('is an answer of HTTP where the app is served without an entry', async () => {
    const response = await guarded(refuses('close')).app.request('/', { headers: handshakeHeaders })
    expect([response.status, response.headers.has('denwa-closes')]).toEqual([401, false])
  })

  test('is taken back where another policy admits', async () => {
    const { app, calls } = guarded(some(refuses('close'), passes))
    const socket = await connect(app, '/')
    expect(socket.response.status).toBe(101)
    await setImmediate()
    expect(calls).toEqual(['state', 'open'])
  })

  test('is not what a later refusal does', async () => {
    const last = guarded(some(refuses('close'), refuses('http', { status: 403 }))).app
    expect((await connect(last, '/')).response.status).toBe(403)
    const late: MiddlewareHandler = async (c, next) => {
      await next()
      c.res = c.text('too late', 409)
    }
    const { app, calls } = guarded(late, some(refuses('close'), passes))
    const { response } = await connect(app, '/')
    expect([response.status, await response.text(), calls]).toEqual([409, 'too late', ['state']])
    const replaced = (await connect(guarded(late, refuses('close')).app, '/')).response
    expect([replaced.status, replaced.headers.has('denwa-closes')]).toEqual([409, false])
  })

  test('is that of the last policy, where all of several refuse', async () => {
    const both = (first: Refuse, second: Refuse): Hono<any> =>
      guarded(some(refuses(first), refuses(second, { code: 4101, why: 'too old' }))).app
    expect(await end(await connect(both('http', 'close'), '/'))).toEqual([101, 4101, 'too old'])
    expect(await end(await connect(both('close', 'close'), '/'))).toEqual([101, 4101, 'too old'])
    expect((await connect(both('close', 'http'), '/')).response.status).toBe(401)
  })

  test('keeps the headers of middleware', async () => {
    const headers: MiddlewareHandler = async (c, next) => {
      c.header('x-before', '1')
      await next()
      c.header('x-after', '2')
    }
    const socket = await connect(guarded(headers, refuses('close')).app, '/')
    const { response } = socket
    expect([response.headers.get('x-before'), response.headers.get('x-after')]).toEqual(['1', '2'])
    expect((await end(socket))[1]).toBe(4100)
  })
})

describe('observers', () => {
  let stop = (): void => {}
  afterEach(() => stop())

  async function heard(...middleware: MiddlewareHandler[]): Promise<Partial<Observation>[]> {
    const events: Observation[] = []
    stop = observe({ refused: (event) => void events.push(event) })
    await connect(guarded(...middleware).app, '/?token=secret')
    return events
  }

  test('hear of a refusal, by HTTP or by a close code, and nothing of the query', async () => {
    const event = { type: 'refused', status: 401, why: 'who are you?', route: '/' }
    expect(await heard(refuses())).toEqual([event])
    stop()
    expect(await heard(refuses('close'))).toEqual([event])
  })

  test('hear the last reason, and none that was made up for', async () => {
    const closed: MiddlewareHandler = async (c) => c.text('closed for today', 503)
    expect(await heard(some(every(refuses()), passes), closed)).toMatchObject([
      { status: 503, why: '503' },
    ])
    stop()
    expect(await heard(some(refuses(), refuses('http', { why: 'again?' })))).toMatchObject([
      { status: 401, why: 'again?' },
    ])
    stop()
    expect(await heard(some(refuses(), passes))).toEqual([])
  })
})

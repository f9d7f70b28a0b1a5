import { Hono, type MiddlewareHandler } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { every, some } from 'hono/combine'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, test } from 'vitest'
import { everyEvent } from '../../test/support/events.ts'
import { turn } from '../../test/support/peer.ts'
import { credential, origin } from '../handshake.ts'
import { raw } from '../raw.ts'
import { TestClock } from '../testing/clock.ts'
import { type ConnectOptions, connect } from '../testing/connect.ts'

const heard = everyEvent()
const at = raw({})
const pass: MiddlewareHandler = (_, next) => next()

/** What is told of a handshake at `/chat/lobby`. */
async function told(app: Hono<any, any, any>, options?: ConnectOptions): Promise<unknown[]> {
  await connect(app, '/chat/lobby?token=secret', options)
  await turn()
  return heard('refused', 'open', 'close')
}

describe('the path of a route', () => {
  test.each<[string, string, Hono<any, any, any>]>([
    ['its own', '/chat/:room', new Hono().get('/chat/:room', at)],
    ['with middleware in front', '/chat/:room', new Hono().use(pass).get('/chat/:room', pass, at)],
    ['of any method', '/chat/*', new Hono().all('/chat/*', pass, at)],
    ['below a base', '/chat/:room', new Hono().basePath('/chat').get('/:room', at)],
    ['of an app in an app', '/chat/:room', new Hono().route('/chat', new Hono().get('/:room', at))],
    [
      'of an app in an app with errors of its own',
      '/chat/:room',
      new Hono().use(pass).route(
        '/chat',
        new Hono()
          .onError((_, c) => c.text('no', 500))
          .use(pass)
          .get('/:room', pass, at),
      ),
    ],
    ['after a page that passes', '/:a/:b', new Hono().get('/chat/*', pass).get('/:a/:b', at)],
    ['combined with policies', '/chat/:room', new Hono().get('/chat/:room', every(pass, pass), at)],
    ['of an app that is mounted, as that app has it', '/:room', mounted()],
  ])('is the one that it was given: %s', async (_, route, app) => {
    expect(await told(app)).toEqual([{ type: 'open', route }])
    const foreign = { headers: { origin: 'https://other.example' } }
    const [refused] = await told(app, foreign)
    const known = _.startsWith('of an app that is mounted') ? '' : route
    expect(refused).toMatchObject({ type: 'refused', status: 403, route: known })
  })

  function mounted(): Hono {
    return new Hono().mount('/chat', new Hono().get('/:room', at).fetch)
  }
})

describe('a refusal is told once, with status and reason', () => {
  const route = '/chat/:room'
  const app = (...front: MiddlewareHandler[]): Hono => {
    const made = new Hono()
    for (const each of front) made.use(each)
    return made.get(route, at)
  }
  const refused = (status: number, why = `${status}`, where = route): unknown[] => [
    { type: 'refused', status, why, route: where },
  ]
  const WANTS = 'This endpoint wants a credential'
  const token = credential({ verify: () => null })

  test('by the handshake itself', async () => {
    const old = { headers: { 'Sec-WebSocket-Version': '12' } }
    expect(await told(app(), old)).toEqual(refused(426, 'Upgrade to WebSocket version 13'))
    const post = { method: 'POST' }
    expect(await told(app(), post)).toEqual(refused(405, 'A WebSocket handshake is a GET'))
    const other = { protocols: ['other'] }
    expect(await told(app(), other)).toEqual(refused(400, 'This endpoint speaks no subprotocol'))
  })

  test('by a policy', async () => {
    const listed = origin('https://chat.example')
    const headers = { origin: 'https://other.example' }
    const [{ why }] = (await told(app(listed), { headers })) as [{ why: string }]
    expect(why).toMatch(/^This Origin may not connect/)
    expect(await told(app(token))).toEqual(refused(401, WANTS))
  })

  test('by a policy that lets the client in to tell it so: no connection is told of', async () => {
    const close = credential({ verify: () => null, refuse: 'close' })
    expect(await told(app(close))).toEqual(refused(401, WANTS))
  })

  test('by the application, in whose words only the status is told', async () => {
    expect(await told(app(bearerAuth({ token: 'x' })))).toEqual(refused(401))
    const teapot: MiddlewareHandler = () => {
      throw new HTTPException(418, { message: 'of the application' })
    }
    expect(await told(app(teapot))).toEqual(refused(418))
    const late: MiddlewareHandler = async (c, next) => {
      await next()
      c.res = c.text('too late', 409)
    }
    expect(await told(app(late))).toEqual(refused(409))
  })

  test('where nobody has a socket', async () => {
    expect(await told(new Hono())).toEqual(refused(404, '404', ''))
    const page = new Hono().get('/chat/*', (c) => c.text('a page'))
    expect(await told(page)).toEqual(refused(200, '200', ''))
    const plain = { fetch: () => new Response('no', { status: 403 }) }
    expect(await told(plain as never)).toEqual(refused(403, '403', ''))
  })

  test('by a policy that another one made up for, not at all', async () => {
    expect(await told(app(some(token, pass)))).toEqual([{ type: 'open', route }])
    const then: MiddlewareHandler = async (c) => c.text('no', 403)
    expect(await told(app(some(token, pass), then))).toEqual(refused(403))
  })

  test('by time', async () => {
    const clock = new TestClock()
    const never: MiddlewareHandler = () => new Promise(() => {})
    const answer = told(app(never), { clock })
    clock.advance(5000)
    expect(await answer).toEqual(refused(503, 'The handshake took too long'))
  })

  test('by an exception that is no Error', async () => {
    const thrower: MiddlewareHandler = () => {
      throw 'a text'
    }
    expect(await told(app(thrower))).toEqual(refused(500, 'Internal Server Error'))
  })

  test('and what something else has upgraded is none', async () => {
    const response = Object.defineProperty(new Response(), 'status', { value: 101 })
    expect(await told({ fetch: () => response } as never)).toEqual([])
  })
})

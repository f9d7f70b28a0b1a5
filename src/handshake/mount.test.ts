import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { describe, expect, test } from 'vitest'
import { type User, auth, verify } from '../../test/support/guarded.ts'
import { handshakeHeaders } from '../../test/support/handshake.ts'
import { anything, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { heartbeat } from '../heartbeat/heartbeat.ts'
import { maxAge } from '../heartbeat/max-age.ts'
import { rateLimit } from '../middleware/rate-limit.ts'
import { raw } from '../raw.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { type TestSocket, connect } from '../testing/connect.ts'
import { capacity } from './capacity.ts'
import { credential } from './credential.ts'
import { origin } from './origin.ts'
import { type Slot, planOf, planned } from './plan.ts'
import { INTERNALS, type Route } from './route.ts'
import { subprotocol } from './subprotocol.ts'

const chat = contract({ requests: { say: { input: anything, output: anything } } })
const say = socket(chat, { requests: { say: (c) => c.data } })
const bearer = { authorization: 'Bearer ann.1000' }

/** Policies here, and the socket in an app of its own. */
function mounted(policy: MiddlewareHandler, route: unknown = say): Hono<any> {
  const inner = new Hono().get('/', route as never)
  return new Hono<any>().use('/m/*', policy).mount('/m', inner.fetch)
}

async function end({ closed }: TestSocket): Promise<number | undefined> {
  return Promise.race([turn().then(() => undefined), closed.then(({ code }) => code)])
}

describe('in front of an app that is mounted', () => {
  const guarded = (from: ('header' | 'frame')[]): MiddlewareHandler =>
    credential<User>({ verify, from, graceMs: 500 }) as MiddlewareHandler

  test('a credential that comes by a frame is waited for', async () => {
    const clock = new TestClock()
    const app = mounted(guarded(['frame']))
    const guest = await connect(app, '/m', { clock })
    guest.send({ type: 'say', id: 1, data: 'hi' })
    expect((await guest.closed).code).toBe(4100)
    const late = await connect(app, '/m', { clock })
    clock.advance(10_000)
    expect((await late.closed).code).toBe(4108)
    const ann = await connect(app, '/m', { clock })
    ann.send(auth('ann'))
    ann.send({ type: 'say', id: 1, data: 'hi' })
    expect(await ann.next()).toEqual({ id: 1, data: 'hi' })
  })

  test('a raw socket, which has no frames, ends at once', async () => {
    const app = mounted(guarded(['frame']), raw({ open: (c) => c.send('secret') }))
    const guest = await connect(app, '/m')
    expect(await end(guest)).toBe(1011)
    await expect(guest.next()).rejects.toThrow('closed with 1011')
  })

  test('a credential that expires ends the connection', async () => {
    const clock = new TestClock()
    const ann = await connect(mounted(guarded(['header'])), '/m', { headers: bearer, clock })
    clock.advance(1400)
    expect(await end(ann)).toBeUndefined()
    clock.advance(100)
    expect(await end(ann)).toBe(4101)
  })

  test('origin() admits the pages that it lists, and them alone', async () => {
    const app = mounted(origin('https://app.example'))
    const from = async (page: string): Promise<number> =>
      (await connect(app, '/m', { headers: { origin: page } })).response.status
    expect(await from('https://app.example')).toBe(101)
    expect(await from('http://localhost')).toBe(403)
  })

  test('limits, ages, heartbeats and subprotocols are followed', async () => {
    const clock = new TestClock()
    const limited = await connect(mounted(rateLimit({ messages: 1, windowMs: 1000 })), '/m')
    for (const id of [1, 2]) limited.send({ type: 'say', id, data: id })
    expect(await limited.next()).toEqual({ id: 1, data: 1 })
    expect(await limited.next()).toMatchObject({ id: 2, error: { code: 'rate_limited' } })

    const aged = await connect(mounted(maxAge(1000, { jitter: 0 })), '/m', { clock })
    clock.advance(1500)
    expect(await end(aged)).toBe(4200)

    const protocols = ['denwa.v1.json']
    const beating = await connect(mounted(heartbeat({ intervalMs: 7000, timeoutMs: 3000 })), '/m', {
      protocols,
    })
    expect(await beating.next()).toMatchObject({ type: '$welcome', beat: 7000, wait: 3000 })

    const named = mounted(subprotocol(['mqtt']), raw({}))
    expect((await connect(named, '/m', { protocols: ['mqtt'] })).response.status).toBe(101)
  })

  test('policies of both apps hold', async () => {
    const clock = new TestClock()
    const inner = new Hono().get('/', maxAge(500, { jitter: 0 }), say)
    const app = new Hono<any>()
      .use('/m/*', guarded(['header']), origin('https://app.example'))
      .mount('/m', inner.fetch)
    const headers = { ...bearer, origin: 'https://app.example' }
    const ann = await connect(app, '/m', { headers, clock })
    clock.advance(1000)
    expect(await end(ann)).toBe(4200)
  })

  test('nothing is left for an app that is asked next', async () => {
    const first = new Hono().get('/', origin('https://evil.example'), (c) => c.notFound())
    const second = new Hono().get('/', say)
    const app = new Hono().get('/', async (c) => {
      const response = await first.fetch(c.req.raw, c.env)
      return response.status === 404 ? second.fetch(c.req.raw, c.env) : response
    })
    const headers = { origin: 'https://evil.example' }
    expect((await connect(app, '/', { headers })).response.status).toBe(403)
  })
})

describe('a credential that waits for a frame is refused where no socket waits for it', () => {
  const policy = credential<User>({ verify, from: ['frame'] }) as MiddlewareHandler
  const ask = async (app: Hono<any>, path = '/m'): Promise<Response> =>
    (await connect(app, path)).response

  test('in an app that is mounted, and in this one', async () => {
    for (const app of [
      mounted(policy, (c: Context) => c.text('secret', 200, { 'set-cookie': 'sid=1' })),
      new Hono<any>().use(policy).get('/m', (c) => c.text('secret')),
      new Hono<any>().use(policy).get('/m', (c) => c.redirect('/secret')),
    ]) {
      const response = await ask(app)
      expect(response.status).toBe(401)
      expect(await response.text()).toBe('This endpoint wants a credential\n')
      expect(response.headers.get('set-cookie')).toBeNull()
    }
  })

  test('also where the entry around the app is another, or none', async () => {
    const headers = handshakeHeaders
    const page = mounted(policy, (c: Context) => c.text('secret'))
    expect((await page.request('/m', { headers })).status).toBe(401)
    const lost = new Hono<any>()
      .use('/m', policy)
      .all('/m', (c) => new Hono().get('/m', (inner) => inner.text('x')).fetch(c.req.raw))
    expect((await lost.request('/m', { headers })).status).toBe(401)
    expect((await ask(lost)).status).toBe(401)
  })

  test('but a refusal of something behind it stays what it is', async () => {
    const full: MiddlewareHandler = (c) => Promise.resolve(c.text('full', 503))
    const app = new Hono<any>().use(policy, full).get('/m', say)
    expect((await ask(app)).status).toBe(503)
    expect((await ask(mounted(policy), '/m/nowhere')).status).toBe(404)
  })
})

describe('without an entry of ours around the app', () => {
  /** As a Durable Object makes of a socket. */
  function forwarding(seen: { follows?: object; slots?: readonly Slot[] }): unknown {
    const route = raw({})
    const { route: internals } = (route as unknown as { [INTERNALS]: { route: Route } })[INTERNALS]
    internals.forward = async (c, snapshot) => {
      seen.follows = snapshot.follows ?? {}
      seen.slots = planOf(c).slots ?? []
      return new Response('forwarded')
    }
    return route
  }

  test('a plan goes along into a mounted app, too', async () => {
    const seen: { follows?: any; slots?: readonly Slot[] } = {}
    const policy: MiddlewareHandler = (c, next) =>
      planned(c, { originChecked: true, follows: { nap: { ms: 5 } } }, next)
    const app = mounted(policy, forwarding(seen))
    const headers = { ...handshakeHeaders, origin: 'https://evil.example' }
    for (const env of [undefined, {}, { KEY: 'x' }]) {
      delete seen.follows
      expect(await (await app.request('/m', { headers }, env)).text()).toBe('forwarded')
      expect(seen.follows).toEqual({ nap: { ms: 5 } })
      expect(Object.getOwnPropertySymbols(env ?? {})).toEqual([])
    }
  })

  test('a connection is counted in the object that a mounted app forwards it to', async () => {
    const seen: { slots?: readonly Slot[] } = {}
    const app = mounted(capacity({ max: 7, key: () => 'room' }), forwarding(seen))
    expect((await app.request('/m', { headers: handshakeHeaders })).status).toBe(200)
    expect(seen.slots).toMatchObject([{ tag: expect.stringMatching(/:room$/), max: 7 }])
  })

  test('bindings that are an object of a class stay what they are', async () => {
    class Server {
      readonly #name = 'bun'
      name(): string {
        return this.#name
      }
    }
    const app = new Hono<any>()
      .use(heartbeat({ intervalMs: 20_000 }))
      .get('/', (c) => c.text((c.env as Server).name()))
    const init = { headers: handshakeHeaders }
    expect(await (await app.request('/', init, new Server())).text()).toBe('bun')
  })
})

test('a place that a mounted app takes is counted here while the connection lasts', async () => {
  const app = mounted(capacity({ max: 1 }))
  const first = await connect(app, '/m')
  expect((await connect(app, '/m')).response.status).toBe(503)
  first.close()
  await turn()
  expect((await connect(app, '/m')).response.status).toBe(101)
})

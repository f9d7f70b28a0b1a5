import { setImmediate } from 'node:timers/promises'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { raw } from '../raw.ts'
import { connect } from '../testing/connect.ts'

const bare = raw({})
const upgrade = async (
  app: Hono<any, any, any>,
  headers: Record<string, string>,
): Promise<Response> => (await connect(app, '/', { headers })).response

describe('a GET that is no handshake', () => {
  test('is 426 if nobody else wants it, and the connection may go on', async () => {
    const response = await new Hono().get('/', bare).request('/')
    expect(response.status).toBe(426)
    expect(response.headers.get('upgrade')).toBe('websocket')
    expect(response.headers.get('connection')).toBe('Upgrade')
    expect(response.headers.get('sec-websocket-version')).toBe('13')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).not.toBe('')
  })

  test('goes to the next handler of the route, in the same call or a later one', async () => {
    const together = new Hono().get('/', bare, (c) => c.text('page'))
    const apart = new Hono().get('/', bare).get('/', (c) => c.text('page'))
    for (const app of [together, apart]) {
      const response = await app.request('/')
      expect([response.status, await response.text()]).toEqual([200, 'page'])
    }
  })

  test('keeps a 404 that the next handler gives', async () => {
    const app = new Hono().get('/', bare).get('/', (c) => c.text('no such room', 404))
    const response = await app.request('/')
    expect([response.status, await response.text()]).toEqual([404, 'no such room'])
  })

  test('is 426 if only middleware follows, which has nothing to answer', async () => {
    let ran = 0
    const app = new Hono().get('/', bare).use(async (_, next) => {
      ran++
      await next()
    })
    const response = await app.request('/')
    expect([response.status, ran]).toEqual([426, 1])
  })

  test('keeps the answer of middleware that follows', async () => {
    const app = new Hono().get('/', bare).use(async (c, _next) => c.text('busy', 503))
    expect((await app.request('/')).status).toBe(503)
  })

  test('is what asks for something else than a WebSocket', async () => {
    const app = new Hono().get('/', bare)
    for (const headers of [{ Upgrade: 'h2c' }, { Upgrade: 'foo' }, { Connection: 'keep-alive' }]) {
      expect((await upgrade(app, headers)).status).toBe(426)
    }
  })

  test('has no use for the handshake of a WebSocket: the page does not run', async () => {
    let ran = false
    const app = new Hono().get('/', bare, (c) => c.text(`${(ran = true)}`))
    expect((await upgrade(app, {})).status).toBe(101)
    expect((await upgrade(app, { 'Sec-WebSocket-Version': '8' })).status).toBe(426)
    expect(ran).toBe(false)
  })
})

describe('a handshake', () => {
  const app = new Hono().get('/', bare)

  test('is read as case-insensitive lists of tokens', async () => {
    for (const headers of [
      { Upgrade: 'WebSocket', Connection: 'keep-alive, Upgrade' },
      { Upgrade: 'WEBSOCKET', Connection: 'UPGRADE' },
      { Upgrade: 'websocket, h2c', Connection: 'upgrade,close' },
    ]) {
      expect((await upgrade(app, headers)).status).toBe(101)
    }
  })

  test('with a bad key is 400, with a bad version 426', async () => {
    for (const key of ['', 'x', 'dGhlIHNhbXBsZSBub25jZQ', 'AAAA', `${'A'.repeat(24)}`]) {
      expect([key, (await upgrade(app, { 'Sec-WebSocket-Key': key })).status]).toEqual([key, 400])
    }
    expect((await upgrade(app, { 'Sec-WebSocket-Version': '12' })).status).toBe(426)
  })

  test('makes the state last, once, and from the request', async () => {
    const made: string[] = []
    const route = raw({ state: (c) => ({ room: made.push(c.req.param('room') as string) && 'x' }) })
    const rooms = new Hono().get('/:room', route)
    for (const headers of [
      { 'Sec-WebSocket-Version': '8' },
      { 'Sec-WebSocket-Key': 'x' },
      { Origin: 'https://evil.example' },
      { 'Sec-WebSocket-Protocol': 'chat' },
      { 'Sec-WebSocket-Protocol': 'a b' },
    ]) {
      await connect(rooms, '/lobby', { headers })
    }
    expect(made).toEqual([])
    await connect(rooms, '/lobby')
    expect(made).toEqual(['lobby'])
  })

  test('waits for a state that takes its time', async () => {
    const state = async (): Promise<{ name: string }> => {
      await setImmediate()
      return { name: 'ann' }
    }
    const slow = new Hono().get('/', raw({ state, open: (c) => c.send(c.state.name) }))
    expect(await (await connect(slow, '/')).next()).toBe('ann')
  })

  test('fails with 500 if the state throws, is no object, or is too large', async () => {
    const states: (() => any)[] = [
      () => {
        throw new Error('secret')
      },
      () => Promise.reject(new Error('secret')),
      () => 'text',
      () => 5,
      () => [1],
      () => null,
      () => 5n,
      () => ({ big: 'x'.repeat(16 * 1024) }),
    ]
    for (const [i, state] of states.entries()) {
      let opened = false
      const route = raw({ state, open: () => (opened = true) })
      const broken = new Hono().get('/', route).onError((_, c) => c.text('error', 500))
      const { response } = await connect(broken, '/')
      await setImmediate()
      const verdict = i === 5 ? [101, true] : [500, false]
      expect([i, response.status, opened]).toEqual([i, ...verdict])
    }
  })
})

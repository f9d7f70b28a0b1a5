import { Hono } from 'hono'
import { some } from 'hono/combine'
import { describe, expect, test } from 'vitest'
import { handshakeHeaders } from '../../test/support/handshake.ts'
import { raw } from '../raw.ts'
import { connect } from '../testing/connect.ts'
import { type TicketOptions, ticket } from './ticket.ts'

const verify = (brought: string): { user: string } | null =>
  brought === 'good' ? { user: 'ann' } : null

function guarded(options: Partial<TicketOptions<{ user: string }>> = {}): Hono<any> {
  const state = (c: any): { user: string } => ({ user: c.get('user') ?? 'nobody' })
  return new Hono<any>()
    .use(ticket({ verify, ...options }))
    .get('/', raw({ state, open: (c) => c.send(c.state.user) }), (c) => c.text('page'))
}

describe('a ticket', () => {
  test('that is good admits, and what it says is a variable', async () => {
    const socket = await connect(guarded(), '/?ticket=good')
    expect(socket.response.status).toBe(101)
    expect(await socket.next()).toBe('ann')
  })

  test('that is missing, empty or not good is 401', async () => {
    for (const query of ['', '?ticket=', '?ticket', '?ticket=bad', '?Ticket=good', '?x=good']) {
      const { response } = await connect(guarded(), `/${query}`)
      expect([query, response.status]).toEqual([query, 401])
      expect(await response.text()).toBe('This endpoint wants a valid ticket\n')
      expect(response.headers.get('connection')).toBe('close')
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  test('may have another name', async () => {
    const app = guarded({ param: 't' })
    expect((await connect(app, '/?t=good')).response.status).toBe(101)
    expect((await connect(app, '/?ticket=good')).response.status).toBe(401)
    expect(() => ticket({ verify, param: '' })).toThrow(TypeError)
  })

  test('that is refused by a close code says 4100 after the 101', async () => {
    const socket = await connect(guarded({ refuse: 'close' }), '/?ticket=bad')
    expect(socket.response.status).toBe(101)
    expect(await socket.closed).toEqual({
      code: 4100,
      reason: 'This endpoint wants a valid ticket',
    })
  })

  test('is asked of sockets only', async () => {
    expect(await (await guarded().request('/')).text()).toBe('page')
  })

  test('whose verify throws is the error of the app, and admits nobody', async () => {
    const app = guarded({ verify: () => Promise.reject(new Error('store is down')) })
    app.onError((error, c) => c.text(error.message, 500))
    const { response } = await connect(app, '/?ticket=good')
    expect([response.status, await response.text()]).toEqual([500, 'store is down'])
  })

  test('is found where the app is served without an entry', async () => {
    const urls: string[] = []
    const app = new Hono<any>().use(ticket({ verify })).get('/', (c) => {
      urls.push(c.req.url)
      return c.text(c.get('user'))
    })
    for (const [query, status] of [
      ['ticket=good&a=1', 200],
      ['a=1&ticket=bad', 401],
    ]) {
      const response = await app.request(`/?${query}`, { headers: handshakeHeaders })
      expect(response.status).toBe(status)
    }
    expect(urls).toEqual(['http://localhost/?a=1'])
  })

  test('is one way of several', async () => {
    const other = ticket({ verify: (t) => (t === 'other' ? { user: 'bob' } : null), param: 'o' })
    const state = (c: any): { user: string } => ({ user: c.get('user') })
    const app = new Hono<any>()
      .use(some(ticket({ verify }), other))
      .get('/', raw({ state, open: (c) => c.send(c.state.user) }))
    expect(await (await connect(app, '/?ticket=good')).next()).toBe('ann')
    expect(await (await connect(app, '/?o=other')).next()).toBe('bob')
    expect((await connect(app, '/?ticket=other&o=good')).response.status).toBe(401)
  })
})

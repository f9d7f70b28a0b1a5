import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { raw } from '../raw.ts'
import { TestClock } from '../testing/clock.ts'
import { connect } from '../testing/connect.ts'
import { ticket } from './ticket.ts'
import { type TicketGrant, type TicketsOptions, memoryTickets, tickets } from './tickets.ts'

type User = { user: string }

interface Office {
  readonly clock: TestClock
  issue(path: string, more?: Partial<TicketGrant<User>>, headers?: HeadersInit): Promise<string>
  /** The status of who brings it. */
  bring(ticket: string, path?: string, headers?: HeadersInit): Promise<number>
}

function office(options: TicketsOptions & { max?: number } = {}): Office {
  const clock = new TestClock()
  const { max, ...rest } = options
  const desk = tickets<User>(memoryTickets({ clock, ...(max && { max }) }), rest)
  let grant: TicketGrant<User>
  const app = new Hono()
    .get('/ticket', (c) =>
      desk.issue(c, grant).then(
        (issued) => c.text(issued),
        (error: Error) => c.text(`${error.name}: ${error.message}`, 500),
      ),
    )
    .use(ticket(desk))
    .get('/chat/:room', raw({}))
  return {
    clock,
    async issue(path, more, headers = {}) {
      grant = { path, value: { user: 'ann' }, ...more }
      const response = await app.request('http://localhost/ticket', { headers })
      const text = await response.text()
      if (response.status !== 200) throw new Error(text)
      return text
    },
    async bring(brought, path = '/chat/lobby', headers = {}) {
      const query = new URLSearchParams({ ticket: brought })
      return (await connect(app, `${path}?${query}`, { headers })).response.status
    },
  }
}

describe('a ticket of the desk', () => {
  test('has 256 bits, in characters that need no escape', async () => {
    const desk = office()
    const all = await Promise.all(Array.from({ length: 50 }, () => desk.issue('/chat/lobby')))
    for (const each of all) expect(each).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(new Set(all).size).toBe(50)
  })

  test('is good once', async () => {
    const desk = office()
    const issued = await desk.issue('/chat/lobby')
    expect(await desk.bring(issued)).toBe(101)
    expect(await desk.bring(issued)).toBe(401)
  })

  test('is good for one of fifty who bring it at once', async () => {
    const desk = office()
    const issued = await desk.issue('/chat/lobby')
    const all = await Promise.all(Array.from({ length: 50 }, () => desk.bring(issued)))
    expect(all.filter((status) => status === 101)).toHaveLength(1)
    expect(all.filter((status) => status === 401)).toHaveLength(49)
  })

  test('is good until its time is over', async () => {
    const desk = office()
    const [early, late] = [await desk.issue('/chat/lobby'), await desk.issue('/chat/lobby')]
    desk.clock.advance(29_999)
    expect(await desk.bring(early)).toBe(101)
    desk.clock.advance(1)
    expect(await desk.bring(late)).toBe(401)
    const short = office({ ttlMs: 100 })
    const issued = await short.issue('/chat/lobby')
    short.clock.advance(100)
    expect(await short.bring(issued)).toBe(401)
  })

  test('is good for its path, and spent when it is brought to another', async () => {
    const desk = office()
    const issued = await desk.issue('/chat/lobby')
    expect(await desk.bring(issued, '/chat/admin')).toBe(401)
    expect(await desk.bring(issued)).toBe(401)
  })

  test('knows its path however it was written', async () => {
    const desk = office()
    for (const [granted, asked] of [
      ['/chat/a b', '/chat/a%20b'],
      ['/chat/a%20b', '/chat/a%20b'],
      ['/chat/ü', '/chat/%C3%BC'],
      ['/chat/%C3%BC', '/chat/ü'],
      ['/chat/100%25', '/chat/100%25'],
    ] as const) {
      expect([asked, await desk.bring(await desk.issue(granted), asked)]).toEqual([asked, 101])
    }
    expect(await desk.bring(await desk.issue('/chat/a%2Fb'), '/chat/a/b')).not.toBe(101)
    expect(await desk.bring(await desk.issue('/chat/a%2fb'), '/chat/a%252fb')).toBe(401)
  })

  test('is not issued for what is no path', async () => {
    const desk = office()
    for (const path of ['', 'chat', 'https://app.example/chat']) {
      await expect(desk.issue(path)).rejects.toThrow(/TypeError: Cannot issue a ticket for ".*"/)
    }
  })

  test('is good for the page that asked for it', async () => {
    const desk = office()
    const page = { origin: 'https://app.example' }
    const ours = { origin: 'http://localhost' }
    const issue = (headers?: HeadersInit): Promise<string> => desk.issue('/chat/lobby', {}, headers)
    expect(await desk.bring(await issue(page), '/chat/lobby', ours)).toBe(401)
    expect(await desk.bring(await issue(page), '/chat/lobby')).toBe(401)
    expect(await desk.bring(await issue(ours), '/chat/lobby', ours)).toBe(101)
    // A GET of one's own page names no origin.
    expect(await desk.bring(await issue(), '/chat/lobby', ours)).toBe(101)
    expect(await desk.bring(await issue(), '/chat/lobby', { origin: 'http://localhost:81' })).toBe(
      401,
    )
    expect(await desk.bring(await issue(), '/chat/lobby', page)).toBe(401)
    expect(await desk.bring(await issue(), '/chat/lobby', { origin: 'null' })).toBe(401)
    const named = await desk.issue('/chat/lobby', ours, page)
    expect(await desk.bring(named, '/chat/lobby', ours)).toBe(101)
  })

  test('is asked for by its name only: what is none does not reach the store', async () => {
    let asked = 0
    const desk = tickets({ put() {}, take: () => void asked++ })
    const app = new Hono().use(ticket(desk)).get('/', raw({}))
    const good = 'A'.repeat(43)
    for (const brought of ['x', `${good}A`, good.slice(1), `${good.slice(1)}*`, `${good}%0A`]) {
      expect((await connect(app, `/?ticket=${brought}`)).response.status).toBe(401)
    }
    expect(asked).toBe(0)
    expect((await connect(app, `/?ticket=${good}`)).response.status).toBe(401)
    expect(asked).toBe(1)
  })

  test('lives for 30 s at most', () => {
    const store = memoryTickets()
    for (const ttlMs of [0, -1, 1.5, 30_001, NaN]) {
      expect(() => tickets(store, { ttlMs })).toThrow(RangeError)
    }
    expect(() => memoryTickets({ max: 0 })).toThrow(RangeError)
  })
})

describe('tickets in memory', () => {
  test('that are over make room, wherever they stand', () => {
    const clock = new TestClock()
    const store = memoryTickets({ max: 100, clock })
    void store.put('long', 'x', 30_000, {} as never)
    for (let i = 1; i < 100; i++) void store.put(`${i}`, 'x', 1000, {} as never)
    clock.advance(1000)
    for (let i = 1; i < 100; i++) void store.put(`again ${i}`, 'x', 1000, {} as never)
    expect(() => store.put('more', 'x', 1000, {} as never)).toThrow('100 are out')
    expect(store.take('long', {} as never)).toBe('x')
  })

  test('are as many as allowed; what has expired makes room', async () => {
    const desk = office({ max: 3 })
    const [first] = [await desk.issue('/chat/lobby')]
    desk.clock.advance(10_000)
    await desk.issue('/chat/lobby')
    await desk.issue('/chat/lobby')
    await expect(desk.issue('/chat/lobby')).rejects.toThrow('Cannot issue a ticket: 3 are out')
    expect(await desk.bring(first)).toBe(101)
    await desk.issue('/chat/lobby')
    await expect(desk.issue('/chat/lobby')).rejects.toThrow('3 are out')
    desk.clock.advance(30_000)
    await desk.issue('/chat/lobby')
  })
})

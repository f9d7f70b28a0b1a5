import { Hono } from 'hono'
import type { Context, MiddlewareHandler } from 'hono'
import { z } from 'zod'
import { contract } from '../../../../src/contract.ts'
import { SocketError } from '../../../../src/errors.ts'
import { capacity, credential, memoryTickets, ticket, tickets } from '../../../../src/handshake.ts'
import type { TicketStore } from '../../../../src/handshake.ts'
import { heartbeat, idleTimeout, maxAge } from '../../../../src/heartbeat.ts'
import { rateLimit } from '../../../../src/middleware.ts'
import { observe } from '../../../../src/observe.ts'
import { raw } from '../../../../src/raw.ts'
import { socket } from '../../../../src/socket.ts'

const anything = z.unknown()
const any = { input: anything, output: anything }

/** What runs for whom, across sleeps: memory of the Worker, which does not go with an object's. */
const notes = new Map<string, string[]>()

export function note(room: string, what: string): void {
  const known = notes.get(room)
  if (known) known.push(what)
  else notes.set(room, [what])
}

observe((event) => note('errors', `${event.where}: ${(event.error as Error).message}`))
observe({ open: ({ connection }) => note('opens', connection) })
observe({ refused: ({ status, why, route }) => note('refused', `${status} ${route}: ${why}`) })

const town = contract({
  messages: { note: anything },
  requests: { whoami: any, say: any, set: any, pour: any, wait: any, drop: any, evict: any },
  events: { noted: anything, water: z.string() },
  channels: { 'room/:room': { events: { said: anything } } },
})

const state = (c: Context<any>): any => {
  const { name, fill } = c.req.query()
  return {
    room: c.req.param('room') ?? '',
    name: c.get('user') ?? name ?? '',
    ...(fill && { fill: 'x'.repeat(Number(fill)) }),
  }
}

const handled = (c: any, what: string): void => note(c.state.room, `${c.state.name} ${what}`)
const roomOf = (c: any): any => c.channel('room/:room', { room: c.state.room })

/** Each handler leaves a note that it ran. */
export const square = socket(town, {
  state,
  async open(c: any) {
    handled(c, 'open')
    if (c.state.name === 'stranger') throw new SocketError('forbidden', 'not you')
    if (c.state.name !== 'loner') await c.join('room/:room', { room: c.state.room })
  },
  close: (c: any, { code }) => handled(c, `close ${code}`),
  messages: {
    note(c: any) {
      handled(c, 'note')
      c.send('noted', c.data)
    },
  },
  requests: {
    whoami(c: any) {
      handled(c, 'whoami')
      return { id: c.id, ...c.state }
    },
    say(c: any) {
      handled(c, 'say')
      return roomOf(c).publish('said', c.data)
    },
    set: (c: any) => c.setState(c.data),
    /** So many kibibytes at once. */
    pour(c: any) {
      for (let i = 0; i < c.data; i++) c.send('water', 'x'.repeat(1024))
    },
    wait: (c: any) => new Promise((resolve) => setTimeout(resolve, c.data)),
    drop: (c: any) => roomOf(c).revoke({ state: { name: c.data } }),
    evict: (c: any) => c.close(1000, 'evicted'),
  },
  channels: { 'room/:room': { join: () => true } },
})

export const plain = raw({
  state,
  message(c, data) {
    c.send(data)
  },
})

/** `ann.1500` is Ann for that many milliseconds, `ann` is Ann for ever. */
function verify(token: string): { user: string; expiresInMs?: number } | null {
  const [, user, ms] = /^(\w+)(?:\.(\d+))?$/.exec(token) ?? []
  if (!user) return null
  return { user, ...(ms && { expiresInMs: Number(ms) }) }
}
const subject = ({ user }: { user: string }): string => user

/** What those who stand before a policy get to see. */
const sees: MiddlewareHandler = async (c, next) => {
  note(c.req.param('room') ?? '', `saw ${c.req.url.includes('ticket=')}`)
  await next()
}

/** Adds to a response, wherever it was made. */
const adds: MiddlewareHandler = async (c, next) => {
  await next()
  c.res.headers.set('X-After', '1')
}

const byRoom = (max: number, prefix = ''): MiddlewareHandler =>
  capacity({ max, key: (c) => prefix + (c.req.param('room') ?? ''), retryAfterMs: 7000 })

/** The store is all that differs from an application on Node. */
export function policies(store: TicketStore = memoryTickets()): Hono<any> {
  const desk = tickets<{ user: string }>(store, { ttlMs: 2000 })
  return new Hono<any>()
    .use('/credential/:room', credential({ verify, subject, warnMs: 500, graceMs: 1000 }))
    .use('/close/:room', credential({ verify, refuse: 'close' }))
    .use(
      '/frame/:room',
      credential({ verify, subject, from: ['frame'], frameMs: 1500, warnMs: 500, graceMs: 1000 }),
    )
    .use(
      '/huge/:room',
      credential({ verify, subject: ({ user }) => user.repeat(1000), from: ['header', 'frame'] }),
    )
    .use('/idle/:room', idleTimeout(1600))
    .use('/age/:room', maxAge(2000, { jitter: 0 }))
    .use('/beat/:room', heartbeat({ intervalMs: 2000, timeoutMs: 1000 }))
    .use('/pulse/:room', heartbeat({ intervalMs: 3000, timeoutMs: 2000 }))
    .use('/few/:room', adds, byRoom(2))
    .use('/address/:room', capacity({ max: 2, key: 'address' }))
    .use('/both/:room', byRoom(3, 'both'), capacity({ max: 1, key: (c) => c.req.query('name')! }))
    .use('/eleven/:room', ...Array.from({ length: 11 }, () => byRoom(5)))
    .use('/ten/:room', ...Array.from({ length: 10 }, () => byRoom(5)))
    .use('/long/:room', capacity({ max: 2, key: (c) => 'é'.repeat(Number(c.req.query('length'))) }))
    .use('/rate/:room', rateLimit({ messages: 3, windowMs: 20_000, strikes: 3 }))
    .use('/ticket/:room', sees, ticket(desk))
    .use('/raw/credential/:room', credential({ verify, graceMs: 500 }))
    .use('/raw/idle/:room', idleTimeout(1600))
    .use('/raw/rate/:room', rateLimit({ messages: 3, windowMs: 20_000 }))
    .use('/raw/few/:room', byRoom(1, 'raw'))
    .use(
      '/all/:room',
      credential({ verify, subject, warnMs: 500, graceMs: 1000 }),
      idleTimeout(60_000),
      maxAge(60_000),
      heartbeat({ intervalMs: 20_000 }),
      rateLimit({ messages: 1000, windowMs: 1000 }),
    )
    .post('/ticket', async (c) => {
      const path = c.req.query('path') ?? ''
      return c.text(await desk.issue(c, { path, value: { user: 'ann' } }))
    })
    .get('/:policy/:room', square)
    .get('/raw/:policy/:room', plain)
    .post('/publish/:room', async (c) => {
      const channel = square.in(c).channel('room/:room', { room: c.req.param('room') })
      await channel.publish('said', await c.req.text())
      return c.body(null, 204)
    })
    .post('/revoke/:room', async (c) => {
      const channel = square.in(c).channel('room/:room', { room: c.req.param('room') })
      return c.json(await channel.revoke(await c.req.json()))
    })
    .post('/disconnect/:room', async (c) => {
      const { who, ...how } = await c.req.json()
      return c.json(await square.in(c).disconnect(who, how))
    })
    .post('/notes/:room', (c) => c.json(notes.get(c.req.param('room')) ?? []))
    .onError((error, c) => {
      // A refusal brings its own answer.
      if ('getResponse' in error) return (error as any).getResponse()
      return c.text(`${error.name}: ${error.message}`, 500)
    })
}

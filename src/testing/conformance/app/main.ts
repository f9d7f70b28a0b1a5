import type { Context } from 'hono'
import { contract, type Json } from '../../../contract.ts'
import { type SocketHandler, socket } from '../../../socket.ts'
import { fail } from './failures.ts'
import { anything, faulty, number, object, slow, text, throwing } from './schema.ts'
import { count, failAfter, trickle } from './streams.ts'
import { note } from './trace.ts'

const say = object({ text })
const n = object({ n: number })

const definition = contract({
  messages: {
    note: say,
    later: say,
    mark: n,
    markSlowly: slow,
    faulty,
    throwing,
    fail: object({ how: text }),
  },
  requests: {
    echo: { input: say, output: say },
    any: { input: anything, output: anything },
    wait: { input: object({ ms: number }), output: object({ ms: number }) },
    hang: { input: anything, output: anything },
    pay: { input: object({ text, ms: number }), output: object({ text, receipt: text }) },
    throwOut: { input: object({ how: text }), output: anything },
    whoami: { input: anything, output: anything },
    set: { input: anything, output: anything },
    close: { input: anything, output: anything },
    twoEvents: { input: say, output: say },
    count: { input: object({ to: number }), item: number },
    trickle: { input: object({ everyMs: number }), item: number },
    failAfter: { input: object({ items: number, how: text }), item: number },
    say: { input: say, output: anything },
    burst: { input: object({ count: number }), output: anything },
    join: { input: anything, output: anything },
  },
  events: { noted: say, marked: n, opened: object({ id: text }) },
  channels: {
    'room/:room': { events: { said: say } },
    'secret/:room': { events: { said: say } },
    'server/:room': { events: { said: say } },
    'thrower/:room': { events: { said: say } },
    'kept/:room': { events: { said: say }, history: { size: 300 } },
    'people/:room': { events: { said: say }, presence: object({ name: text }) },
  },
})

/** Ways to behave that a test asks for in the query: `?open=sync&close=async`. */
type Mode = {
  open?: string
  openMs?: number
  close?: string
  state?: string
  join?: string
  name?: string
}
type State = { room: string; mode: Mode; extra: Json; user?: string }

function modeOf(c: Context): Mode {
  const { open, openMs, close, state, join, name } = c.req.query()
  return {
    ...(open && { open }),
    ...(openMs && { openMs: Number(openMs) }),
    ...(close && { close }),
    ...(state && { state }),
    ...(join && { join }),
    ...(name && { name }),
  }
}

const chat = socket(definition, {
  events: 'kept/:room',
  async state(c: Context): Promise<State> {
    const mode = modeOf(c)
    const room = c.req.param('room') ?? ''
    note(room, 'state')
    if (mode.state === 'large') return { room, mode, extra: 'x'.repeat(20_000) }
    if (mode.state === 'bigint') return { room, mode, extra: 1n as never }
    await fail(mode.state)
    const user = c.get('user') as string | undefined
    return { room, mode, extra: null, ...(user !== undefined && { user }) }
  },
  async open(c) {
    const { room, mode } = c.state
    note(room, 'open')
    if (mode.openMs) await sleep(mode.openMs)
    if (mode.join) await c.join('room/:room', { room })
    await fail(mode.open)
    if (mode.openMs) c.send('opened', { id: c.id })
    note(room, 'opened')
  },
  async close(c, info) {
    const { room, mode } = c.state
    note(room, `close ${info.code} ${info.reason}`.trim())
    if (mode.close === 'send') {
      c.send('noted', { text: 'to nobody' })
      c.close(4321)
    }
    if (mode.close === 'say')
      await c.channel('room/:room', { room }).publish('said', { text: 'gone' })
    await fail(mode.close)
  },
  channels: {
    'room/:room': { join: (c, { room }) => c.state.room === room },
    'secret/:room': { join: () => false },
    'thrower/:room': { join: () => fail('sync') as never },
    'kept/:room': {
      join: ({ state }, { room }) => state.room === room && state.mode.join !== 'never',
    },
    'people/:room': {
      join: (c, { room }) => c.state.room === room,
      presence: ({ state: { mode } }) => (mode.name ? { name: mode.name } : undefined),
    },
  },
  messages: {
    note: (c) => {
      note(c.state.room, `note ${c.data.text}`)
      c.send('noted', c.data)
    },
    later: (c) => void setTimeout(() => c.send('noted', c.data), 50),
    mark: (c) => c.send('marked', c.data),
    markSlowly: (c) => c.send('marked', c.data),
    faulty: (c) => c.send('noted', { text: 'faulty' }),
    throwing: (c) => c.send('noted', { text: 'throwing' }),
    fail: (c) => fail(c.data.how),
  },
  requests: {
    echo: (c) => c.data,
    any: (c) => c.data,
    async wait(c) {
      c.signal.addEventListener('abort', () => note(c.state.room, 'aborted wait'))
      await sleep(c.data.ms)
      note(c.state.room, 'waited')
      return c.data
    },
    hang: (c) =>
      new Promise((_, reject) => {
        c.signal.addEventListener('abort', () => {
          note(c.state.room, 'aborted hang')
          reject(new Error('aborted'))
        })
      }),
    async pay(c) {
      const { text: what, ms } = c.data
      note(c.state.room, `pay ${what}`)
      c.signal.addEventListener('abort', () => note(c.state.room, 'aborted pay'))
      if (ms > 0) await sleep(ms)
      await fail(what)
      note(c.state.room, `paid ${what}`)
      return { text: what, receipt: crypto.randomUUID() }
    },
    throwOut: (c) => fail(c.data.how),
    whoami: (c) => ({ id: c.id, state: c.state }),
    set: (c) => {
      c.setState({ extra: c.data as Json })
      return c.state
    },
    close: (c) => {
      const { code, reason } = c.data as { code?: number; reason?: string }
      c.close(code, reason)
      return 'after close'
    },
    twoEvents: (c) => {
      c.send('noted', { text: 'first' })
      c.send('noted', { text: 'second' })
      return c.data
    },
    count: (c) => count(c.data.to, c.state.room),
    trickle: (c) => trickle(c.data.everyMs, c.state.room),
    failAfter: (c) => failAfter(c.data.items, c.data.how),
    async say(c) {
      await c.channel('room/:room', { room: c.state.room }).publish('said', c.data)
      return null
    },
    async burst(c) {
      const room = c.channel('room/:room', { room: c.state.room })
      const all = Array.from({ length: c.data.count }, (_, i) =>
        room.publish('said', { text: `${i}` }),
      )
      await Promise.all(all)
      return null
    },
    async join(c) {
      await c.join('server/:room', { room: c.state.room })
      return null
    },
  },
})

/** The one typed socket of the suite, at `/socket/:room` and behind every kind of middleware. */
export const main: SocketHandler<any, any> = chat

/** Publishes from outside a connection. */
export async function publish(c: Context, room: string, said: string): Promise<void> {
  await chat.in(c).channel('room/:room', { room }).publish('said', { text: said })
}

/** Ends the connections of a user in a room; tells how many. */
export function expel(c: Context, room: string, user: string): Promise<number> {
  return chat.in(c).disconnect({ state: { room, user } })
}

/** Takes a user off the room's channel; tells how many that were. */
export function silence(c: Context, room: string, user: string): Promise<number> {
  return chat.in(c).channel('room/:room', { room }).revoke({ state: { room, user } })
}

/** Publishes on a channel that remembers. */
export async function keep(c: Context, room: string, all: readonly string[]): Promise<void> {
  const channel = chat.in(c).channel('kept/:room', { room })
  for (const said of all) await channel.publish('said', { text: said })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

import { Hono } from 'hono'
import type { Context } from 'hono'
import { z } from 'zod'
import { contract } from '../../../src/contract.ts'
import { SocketError } from '../../../src/errors.ts'
import { observe } from '../../../src/observe.ts'
import { raw } from '../../../src/raw.ts'
import { socket } from '../../../src/socket.ts'

const anything = z.unknown()
const text = z.object({ text: z.string() })
const any = { input: anything, output: anything }

/** One of everything that can happen to a connection in an object. */
export const chat = contract({
  messages: { note: text, throws: anything, await: text },
  requests: {
    echo: { input: text, output: text },
    whoami: any,
    set: { input: z.record(z.string(), z.unknown()), output: anything },
    grow: { input: z.object({ bytes: z.number() }), output: anything },
    say: { input: text, output: anything },
    burst: { input: z.object({ count: z.number() }), output: anything },
    enter: any,
    exit: any,
    close: { input: z.object({ code: z.number() }), output: anything },
    throws: any,
    rejects: any,
    wait: { input: z.object({ ms: z.number() }), output: anything },
    release: any,
    count: { input: z.object({ to: z.number() }), item: z.number() },
  },
  events: { noted: text },
  channels: {
    'room/:room': { events: { said: z.object({ from: z.string(), text: z.string() }) } },
    'hall/:room': { events: { said: z.object({ from: z.string(), text: z.string() }) } },
    'locked/:room': { events: { said: text } },
  },
})

type State = { room: string; name: string; opened: number; [key: string]: unknown }

function stateOf(c: Context): State {
  const { name = '', fill, of = 'x' } = c.req.query()
  const room = c.req.param('room') ?? ''
  return { room, name, opened: 0, ...(fill && { fill: of.repeat(Number(fill)) }) }
}

let release = (): void => {}

export const room = socket(chat, {
  state: stateOf as (c: Context) => any,
  async open(c: any) {
    c.setState({ opened: c.state.opened + 1 })
    const { room, name } = c.state
    if (name !== 'refused') await c.join('room/:room', { room })
    else {
      c.channel('room/:room', { room }).publish('said', { from: name, text: 'knocks' })
      throw new SocketError('forbidden', 'not you')
    }
  },
  close: (c: any, { code, reason }) => {
    const text = `left ${code} ${reason}`.trim()
    c.setState({ left: true })
    return c
      .channel('room/:room', { room: c.state.room })
      .publish('said', { from: c.state.name, text })
  },
  messages: {
    note: (c) => c.send('noted', { text: c.data.text }),
    throws: () => {
      throw new Error('a secret')
    },
    // Waits for another client, in memory alone.
    await: async (c) => {
      await new Promise<void>((resolve) => (release = resolve))
      c.send('noted', { text: c.data.text })
    },
  },
  requests: {
    release: () => release(),
    echo: (c) => c.data,
    whoami: (c: any) => ({ id: c.id, state: c.state, env: typeof c.env.ROOM }),
    set: (c: any) => {
      c.setState(c.data)
      return c.state
    },
    grow: (c: any) => c.setState({ fill: 'x'.repeat(c.data.bytes) }),
    say: (c: any) =>
      c
        .channel('room/:room', { room: c.state.room })
        .publish('said', { from: c.state.name, ...c.data }),
    burst: async (c: any) => {
      const channel = c.channel('room/:room', { room: c.state.room })
      for (let i = 0; i < c.data.count; i++)
        channel.publish('said', { from: c.state.name, text: `${i}` })
    },
    enter: async (c: any) => void (await c.join('hall/:room', { room: c.state.room })),
    exit: async (c: any) => (await c.join('hall/:room', { room: c.state.room })).leave(),
    close: (c) => c.close(c.data.code, 'asked to'),
    throws: () => {
      throw new TypeError('a secret')
    },
    rejects: () => Promise.reject(new Error('a secret')),
    wait: (c) => new Promise((resolve) => setTimeout(resolve, c.data.ms)),
    async *count(c) {
      for (let n = 1; n <= c.data.to; n++) yield n
    },
  },
  channels: {
    'hall/:room': { join: (c: any, params) => params.room === c.state.room },
    'locked/:room': { join: () => false },
  },
})

/** What is told of connections, by id: memory of the Worker, which does not go with an object's. */
const told = new Map<string, object[]>()
const tell = (event: { connection: string }): void =>
  void told.set(event.connection, [...(told.get(event.connection) ?? []), event])
observe({ open: tell, handled: tell, close: tell })

/** Text and bytes as they came, `ping` too: the protocol's answer to it is not for raw sockets. */
export const plain = raw({ message: (c, data) => c.send(data) })

export const app = new Hono<any>()
  .use('/socket/*', async (c, next) => {
    c.header('X-Before', '1')
    await next()
    c.header('X-After', '2')
    if (c.req.query('late') === '401') c.res = new Response('too late', { status: 401 })
  })
  .get('/socket/:room', room)
  .get('/plain', plain)
  .get('/told/:id', (c) => c.json(told.get(c.req.param('id')) ?? []))
  .post('/say/:room', async (c) => {
    const channel = room.in(c).channel('room/:room', { room: c.req.param('room') })
    await channel.publish('said', { from: 'http', text: await c.req.text() })
    return c.body(null, 204)
  })
  .onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))

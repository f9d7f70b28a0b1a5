import { Hono } from 'hono'
import { z } from 'zod'
import { contract } from '../../../../src/contract.ts'
import { socket } from '../../../../src/socket.ts'

const text = z.object({ text: z.string() })
const anything = z.unknown()

const log = contract({
  requests: {
    say: { input: text, output: anything },
    whoami: { input: anything, output: anything },
    history: { input: z.object({ last: z.number() }), output: anything },
  },
  channels: {
    'log/:room': { events: { said: text }, history: { size: 500 } },
    'short/:room': { events: { said: text }, history: { size: 2 } },
  },
})

type Params = { name: string; room: string }

/** A room that remembers. */
export const room = socket(log, {
  state: (c: any): any => ({ name: c.req.query('name') ?? '', room: c.req.param('room') }),
  requests: {
    whoami: (c: any) => c.state,
    say: async (c: any) => {
      const { room } = c.state as Params
      await c.channel('short/:room', { room }).publish('said', c.data)
      await c.channel('log/:room', { room }).publish('said', c.data)
    },
    history: (c: any) =>
      c.channel('log/:room', { room: (c.state as Params).room }).history(c.data.last),
  },
  channels: { 'log/:room': { join: () => true }, 'short/:room': { join: () => true } },
})

export const app = new Hono<any>()
  .get('/socket/:room', room)
  .post('/say/:room', async (c) => {
    const channel = room.in(c).channel('log/:room', { room: c.req.param('room') })
    await channel.publish('said', { text: await c.req.text() })
    return c.body(null, 204)
  })
  .get('/history/:room', async (c) => {
    const channel = room.in(c).channel('log/:room', { room: c.req.param('room') })
    return c.json(await channel.history(Number(c.req.query('last') ?? 100)))
  })
  .onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))

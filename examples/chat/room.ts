import { socket } from 'denwa'
import type { Context } from 'hono'
import { chat } from './contract.ts'
import { nameOf } from './names.ts'

export const room = socket(chat, {
  // curl -N http://localhost:8787/chat/lobby -H 'accept: text/event-stream'
  events: 'room/:room',
  state: (c: Context<any, '/chat/:room'>) => ({
    name: nameOf(c.req.query('name')),
    room: c.req.param('room'),
  }),
  async open(c) {
    c.send('welcome', { id: c.id, name: c.state.name })
    const here = await c.join('room/:room', { room: c.state.room })
    await here.publish('joined', { who: c.state.name, by: c.id })
  },
  close: (c) =>
    c
      .channel('room/:room', { room: c.state.room })
      .publish('left', { who: c.state.name, by: c.id }),
  channels: { 'room/:room': { join: (c, { room }) => c.state.room === room } },
  messages: {
    typing: (c) =>
      c
        .channel('room/:room', { room: c.state.room })
        .publish('typing', { who: c.state.name, by: c.id, on: c.data }),
  },
  requests: {
    async say(c) {
      const { name, room } = c.state
      const message = {
        id: crypto.randomUUID(),
        from: name,
        by: c.id,
        text: c.data.text,
        at: Date.now(),
      }
      await c.channel('room/:room', { room }).publish('said', message)
      return message
    },
  },
})

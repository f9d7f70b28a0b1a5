import { socket } from 'denwa'
import { type Broker, memoryBroker } from 'denwa/broker'
import type { Context } from 'hono'
import { chat } from './contract.ts'
import { nameOf } from '../shared/names.ts'

export type Room = ReturnType<typeof chatRoom>

/** A room. The broker keeps what is said; on Durable Objects their own storage does. */
export const chatRoom = (broker: Broker = memoryBroker()) =>
  socket(chat, {
    broker,
    // As many as a page may have waiting for a connection.
    limits: { inFlight: 128 },
    // curl -N http://localhost:8787/chat/lobby -H 'accept: text/event-stream'
    events: 'room/:room',
    state: (c: Context<any, '/chat/:room'>) => ({
      name: nameOf(c.req.query('name')),
      room: c.req.param('room'),
    }),
    open: (c) => c.send('welcome', { id: c.id, name: c.state.name }),
    channels: {
      'room/:room': {
        join: (c, { room }) => c.state.room === room,
        presence: (c) => ({ name: c.state.name, typing: false }),
      },
    },
    messages: {
      async typing(c) {
        const { name, room } = c.state
        const here = await c.join('room/:room', { room })
        await here.presence.track({ name, typing: c.data })
      },
    },
    requests: {
      async say(c) {
        const { id = crypto.randomUUID(), text } = c.data
        const message = { id, from: c.state.name, by: c.id, text, at: Date.now() }
        await c.channel('room/:room', { room: c.state.room }).publish('said', message)
        return message
      },
    },
  })

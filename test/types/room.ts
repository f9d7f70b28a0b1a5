// One annotation, on `state`, types environment, path and state in every handler.
import { type SocketMiddleware, socket } from 'denwa'
import type { Context } from 'hono'
import { expectTypeOf } from 'vitest'
import { type Message, chat } from './contract.ts'

export type Env = {
  Bindings: { DB: { find(room: string, words: string): AsyncIterable<Message> } }
  Variables: { user: { name: string; rooms: string[] } }
}

declare const measure: SocketMiddleware

export const room = socket(chat, {
  state: (c: Context<Env, '/chat/:room'>) => {
    expectTypeOf(c.req.param('room')).toEqualTypeOf<string>()
    return { name: c.var.user.name, rooms: c.var.user.rooms, room: c.req.param('room') }
  },
  use: [measure],
  channels: {
    'room/:room': { join: (c, { room }) => c.state.rooms.includes(room) },
  },
  async open(c) {
    expectTypeOf(c.state).toEqualTypeOf<Readonly<{ name: string; rooms: string[]; room: string }>>()
    const lobby = await c.join('room/:room', { room: c.state.room })
    await lobby.publish('typing', { who: c.state.name, on: false })
    await lobby.leave()
    c.setState({ name: 'another' })
    c.send('welcome', { id: c.id })
  },
  close(c, { code, reason }) {
    expectTypeOf(code).toEqualTypeOf<number>()
    expectTypeOf(reason).toEqualTypeOf<string>()
    c.channel('room/:room', { room: c.state.room })
  },
  messages: {
    typing: (c) =>
      c
        .channel('room/:room', { room: c.state.room })
        .publish('typing', { who: c.state.name, on: c.data }),
  },
  requests: {
    async say(c) {
      expectTypeOf(c.data).toEqualTypeOf<{ text: string }>()
      expectTypeOf(c.signal).toEqualTypeOf<AbortSignal>()
      const message = { id: crypto.randomUUID(), from: c.state.name, text: c.data.text, at: 0 }
      await c.channel('room/:room', { room: c.state.room }).publish('said', message)
      return message
    },
    search: (c) => {
      expectTypeOf(c.env).toEqualTypeOf<Env['Bindings']>()
      return c.env.DB.find(c.state.room, c.data.words)
    },
  },
})

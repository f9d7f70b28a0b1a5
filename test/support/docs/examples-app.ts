import { contract, socket } from 'denwa'
import { Hono } from 'hono'
import { z } from 'zod'

const Text = z.object({ text: z.string() })

const examples = contract({
  messages: { hello: z.string() },
  requests: {
    say: { input: Text, output: Text },
    enter: { input: z.object({ room: z.string().nullable() }), output: z.null() },
    wait: { input: z.unknown(), output: z.null() },
    count: { input: z.object({ to: z.number() }), item: z.number() },
  },
  events: { greeting: Text },
  channels: { 'room/:room': { events: { said: Text } } },
})

const endpoint = socket(examples, {
  channels: { 'room/:room': { join: (_, { room }) => room === '42' } },
  messages: { hello: (c) => c.send('greeting', { text: `Hello, ${c.data}` }) },
  requests: {
    async say(c) {
      await c.channel('room/:room', { room: '42' }).publish('said', c.data)
      return c.data
    },
    async enter(c) {
      const room = await c.join('room/:room', { room: c.data.room ?? '7' })
      if (c.data.room === null) await room.leave()
      return null
    },
    wait: (c) =>
      new Promise((_, reject) => c.signal.addEventListener('abort', () => reject(c.signal.reason))),
    async *count(c) {
      for (let item = 0; item < c.data.to; item++) yield item
    },
  },
})

/** The endpoint with which the examples of PROTOCOL.md talk. */
export const examplesApp = new Hono().get('/', endpoint)

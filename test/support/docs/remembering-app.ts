import { contract, socket } from 'denwa'
import { memoryBroker } from 'denwa/broker'
import { Hono } from 'hono'
import { z } from 'zod'

const Text = z.object({ text: z.string() })

const examples = contract({
  requests: { say: { input: Text.extend({ room: z.string() }), output: z.null() } },
  channels: {
    'room/:room': { events: { said: Text }, history: { size: 3 } },
    'people/:room': { events: { said: Text }, presence: z.object({ name: z.string() }) },
  },
})

const endpoint = socket(examples, {
  broker: memoryBroker({ epoch: () => 'x1' }),
  channels: {
    'room/:room': { join: () => true },
    'people/:room': { join: () => true, presence: () => ({ name: 'ann' }) },
  },
  requests: {
    async say(c) {
      const { room, text } = c.data
      await c.channel('room/:room', { room }).publish('said', { text })
      return null
    },
  },
})

/** The endpoint whose channels remember, with which the examples of PROTOCOL.md talk. */
export const rememberingApp = new Hono().get('/', endpoint)

import { contract, socket } from 'denwa'
import type { Broker } from 'denwa/broker'
import { Hono } from 'hono'
import { z } from 'zod'

const talk = contract({
  requests: { say: { input: z.object({ room: z.string(), text: z.string() }), output: z.null() } },
  channels: {
    'room/:room': {
      events: { said: z.string() },
      history: { size: 100 },
      presence: z.object({ name: z.string() }),
    },
  },
})

/** Rooms to talk in, and a page for them; its script is at `/page.js`. */
export function build(broker: Broker, script: () => string) {
  const rooms = socket(talk, {
    broker,
    state: (c) => ({ name: c.req.query('name') ?? '' }),
    channels: {
      'room/:room': { join: () => true, presence: (c) => ({ name: c.state.name }) },
    },
    requests: {
      async say(c) {
        const { room, text } = c.data
        await c.channel('room/:room', { room }).publish('said', text)
        return null
      },
    },
  })
  return new Hono()
    .get('/rooms', rooms)
    .post('/say/:room', async (c) => {
      const room = c.req.param('room')
      await rooms
        .in(c)
        .channel('room/:room', { room })
        .publish('said', await c.req.text())
      return c.body(null, 204)
    })
    .get('/page.js', (c) => c.body(script(), 200, { 'Content-Type': 'text/javascript' }))
    .get('/', (c) =>
      c.html(
        '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/page.js"></script>',
      ),
    )
}

export type App = ReturnType<typeof build>

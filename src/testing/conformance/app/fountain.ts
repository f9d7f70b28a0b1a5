import type { Context, Handler } from 'hono'
import { contract } from '../../../contract.ts'
import { only, rateLimit } from '../../../middleware.ts'
import { raw } from '../../../raw.ts'
import { type SocketHandler, socket } from '../../../socket.ts'
import { anything, number, object, text } from './schema.ts'
import { note } from './trace.ts'

const drop = object({ n: number, text })
const jet = { water: drop, spray: drop }

const definition = contract({
  messages: { splash: anything },
  requests: {
    echo: { input: anything, output: anything },
    pour: { input: object({ by: text, count: number, size: number }), output: anything },
    wait: { input: object({ ms: number }), output: anything },
    hang: { input: anything, output: anything },
    sip: { input: anything, output: anything },
  },
  events: jet,
  channels: {
    'all/:room': { events: jet },
    'some/:room': { events: jet, slow: 'drop' },
    'newest/:room': { events: jet, slow: 'latest' },
  },
})

type State = { room: string }
type Pour = { count: number; size: number }

const stateOf = (c: Context): State => ({ room: c.req.param('room') ?? '' })
const CHANNELS = ['all/:room', 'some/:room', 'newest/:room'] as const

/** Says as much as it is asked to, whether anybody reads it or not. */
const open = socket(definition, {
  use: [only('sip', rateLimit({ messages: 2, windowMs: 60_000 }))],
  state: stateOf,
  close: (c, { code, wasClean }) => note(c.state.room, `close ${code} ${wasClean}`),
  channels: {
    'all/:room': { join: () => true },
    'some/:room': { join: () => true },
    'newest/:room': { join: () => true },
  },
  messages: { splash: (c) => c.send('water', { n: 0, text: 'splash' }) },
  requests: {
    echo: (c) => c.data,
    async pour(c) {
      const { by, ...pour } = c.data
      const name = CHANNELS.find((each) => each.startsWith(`${by}/`))
      const channel = name && c.channel(name, { room: c.state.room })
      for (const water of drops(pour)) {
        if (!channel) c.send('water', water)
        else void channel.publish(water.n % 2 ? 'spray' : 'water', water)
      }
      return null
    },
    async wait(c) {
      await new Promise((resolve) => setTimeout(resolve, c.data.ms))
      return c.data
    },
    hang: () => new Promise(() => {}),
    sip: (c) => c.data,
  },
})

/** The typed socket that says as much as it is asked for. */
export const fountain: SocketHandler<any, any> = open

/** Publishes from outside a connection. */
export async function publishIn(c: Context, room: string): Promise<void> {
  await open.in(c).channel('all/:room', { room }).publish('water', { n: -1, text: '' })
}

/** The same without the protocol: `pour COUNT SIZE`, all else comes back. */
export const rawFountain: Handler = raw({
  state: stateOf,
  message(c, data) {
    const [verb, count, size] = String(data).split(' ')
    if (verb !== 'pour') c.send(data)
    else for (const water of drops({ count: Number(count), size: Number(size) })) c.send(water.text)
  },
  close: (c, { code, wasClean }) => note(c.state.room, `close ${code} ${wasClean}`),
})

function* drops({ count, size }: Pour): Generator<{ n: number; text: string }> {
  const filler = 'x'.repeat(size)
  for (let n = 0; n < count; n++) yield { n, text: filler }
}

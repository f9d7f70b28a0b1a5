import { contract, raw, socket } from 'denwa'
import type { Broker } from 'denwa/broker'
import { credential } from 'denwa/handshake'
import { heartbeat } from 'denwa/heartbeat'
import type { KeyStore } from 'denwa/keys'
import { type Context, Hono } from 'hono'
import { z } from 'zod'

const Said = z.object({ from: z.string(), text: z.string() })

const calls = contract({
  messages: { mutter: z.string() },
  requests: {
    say: { input: z.string(), output: Said },
    /** Is never answered. */
    hang: { input: z.null(), output: z.null() },
    count: { input: z.number(), item: z.number() },
    drip: { input: z.null(), item: z.number() },
  },
  events: { welcome: z.object({ name: z.string() }) },
  channels: {
    'room/:room': {
      events: { said: Said },
      history: { size: 1000 },
      presence: z.object({ name: z.string() }),
    },
  },
})

/** How soon `/brisk` and `/private` notice that somebody is gone. */
export const brisk = { intervalMs: 2000, timeoutMs: 2000 } as const

type In = Context<any, '/calls/:room'>

/** Where what was said outlives the process; Durable Objects have their own storage. */
export interface Keeping {
  broker?: Broker
  keys?: { store: KeyStore }
}

const roomOf = (keeping: Keeping) =>
  socket(calls, {
    ...keeping,
    state: (c: In) => ({
      room: c.req.param('room'),
      name: (c.var.user as string) ?? c.req.query('name') ?? '',
    }),
    open: (c) => c.send('welcome', { name: c.state.name }),
    channels: {
      'room/:room': {
        join: (c, { room }) => room === c.state.room,
        presence: (c) => ({ name: c.state.name }),
      },
    },
    messages: {
      async mutter(c) {
        const { room, name: from } = c.state
        await c.channel('room/:room', { room }).publish('said', { from, text: c.data })
      },
    },
    requests: {
      async say(c) {
        const { room, name: from } = c.state
        const said = { from, text: c.data }
        await c.channel('room/:room', { room }).publish('said', said)
        return said
      },
      hang: (c) =>
        new Promise((resolve) => c.signal.addEventListener('abort', () => resolve(null))),
      async *count(c) {
        for (let n = 0; n < c.data; n++) yield n
      },
      /** Ends when nobody listens any more. */
      async *drip(c) {
        for (let n = 0; !c.signal.aborted; n++) {
          yield n
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      },
    },
  })

/** `ann.1764064800000`: who it is, and until when; `bad.…` is not valid. */
const verify = (token: string): { user: string; expiresInMs: number } | null => {
  const [user = '', until] = token.split('.')
  return user === 'bad' ? null : { user, expiresInMs: Number(until) - Date.now() }
}

/** The app, and what of it belongs to objects. */
export function build(keeping: Keeping = {}) {
  const room = roomOf(keeping)
  const echo = raw({ message: (c, data) => c.send(data) })
  const isDue = credential({
    verify,
    from: ['subprotocol'],
    subject: ({ user }) => user,
    refuse: 'close',
    warnMs: 3000,
    graceMs: 3000,
  })
  const app = new Hono<{ Bindings: any }>()
    .get('/call.html', (c) => c.html('<!doctype html><link rel=icon href=data:,>'))
    .get('/calls/:room', room)
    .get('/brisk/:room', heartbeat(brisk), room)
    .get('/private/:room', isDue, room)
    .get('/echo', echo)
  return { app, room, echo }
}

export type App = ReturnType<typeof build>['app']

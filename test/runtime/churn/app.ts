import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Hono } from 'hono'
import { contract, socket } from '../../../src/index.ts'
import { capacity, credential } from '../../../src/handshake.ts'
import { heartbeat, idleTimeout, maxAge } from '../../../src/heartbeat.ts'
import { rateLimit } from '../../../src/middleware.ts'
import { z } from 'zod'

const talk = contract({
  requests: { say: { input: z.string(), output: z.null() } },
  channels: {
    'room/:room': { events: { said: z.string() } },
    all: { events: { said: z.string() } },
  },
})

const talker = socket(talk, {
  state: (c) => ({ room: c.req.param('room') }),
  open: async (c) => {
    await c.join('room/:room', { room: c.state.room as string })
    await c.join('all', {})
  },
  requests: {
    say: async (c) => {
      await c.channel('room/:room', { room: c.state.room as string }).publish('said', c.data)
      return null
    },
  },
})

interface Collector {
  readonly gc?: () => void
  readonly Bun?: { gc(force: boolean): void }
}

/** What is in use once all that is not has been collected. */
async function heap(): Promise<number> {
  const { gc, Bun } = globalThis as Collector
  if (!gc && !Bun) throw new Error('Nothing to collect with')
  for (let i = 0; i < 5; i++) {
    await sleep(50)
    if (Bun) Bun.gc(true)
    else gc?.()
  }
  return process.memoryUsage().heapUsed
}

/** All policies that keep something of a connection. There are never as many clients as there is room for. */
export const app = new Hono()
  .use(
    '/talk/*',
    capacity({ max: 400 }),
    capacity({ max: 400, key: 'address', attempts: { max: 1_000_000, windowMs: 1000 } }),
    capacity({ max: 1, key: (c) => c.req.path }),
    credential({ verify: (user) => ({ user, expiresInMs: 600_000 }) }),
    heartbeat({ intervalMs: 20_000 }),
    idleTimeout(600_000),
    maxAge(600_000),
    rateLimit({ messages: 100, bytes: 10_000, windowMs: 1000 }),
  )
  .get('/talk/:room', talker)
  .get('/heap', async (c) => c.json(await heap()))

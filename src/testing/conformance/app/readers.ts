import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { origin } from '../../../handshake.ts'
import { heartbeat, maxAge } from '../../../heartbeat.ts'
import { main } from './main.ts'

/** What befalls those who read server-sent events. */
export const readers: Hono = new Hono()

const page = 'https://app.example'

readers
  .get('/beats-fast/:room', heartbeat({ intervalMs: 400, timeoutMs: 400 }), main)
  .get('/brief/:room', maxAge(500, { jitter: 0 }), main)
  .get('/elsewhere/:room', cors({ origin: page, credentials: true }), origin(page), main)
  .post('/revoke/:room', async (c) => {
    const room = c.req.param('room')
    return c.json(await main.in(c).channel('kept/:room', { room }).revoke())
  })
  .post('/disconnect/:room', async (c) => {
    const room = c.req.param('room')
    return c.json(await main.in(c).disconnect({ state: { room } }))
  })

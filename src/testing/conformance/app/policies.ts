import { Hono } from 'hono'
import { heartbeat, idleTimeout, maxAge } from '../../../heartbeat.ts'
import { rateLimit } from '../../../middleware.ts'
import { fountain, publishIn, rawFountain } from './fountain.ts'

/** Both fountains, behind each policy that a connection follows: `/beat/fountain/:room`. */
export const policed: Hono = new Hono()
  .use('/beat/*', heartbeat({ intervalMs: 300, timeoutMs: 200 }))
  .use('/overridden/*', heartbeat({ intervalMs: 60_000, timeoutMs: 7_000 }))
  .use('/overridden/*', heartbeat({ intervalMs: 20_000 }))
  .use('/idle/*', idleTimeout(400))
  .use('/age/*', maxAge(400, { jitter: 0 }))
  .use('/rate/*', rateLimit({ messages: 5, windowMs: 60_000, strikes: 3 }))
  .use('/bytes/*', rateLimit({ messages: 1_000, bytes: 2_000, windowMs: 60_000 }))

policed.post('/fountain/:room', async (c) => {
  await publishIn(c, c.req.param('room'))
  return c.json({ published: true })
})

for (const policy of ['', '/beat', '/overridden', '/idle', '/age', '/rate', '/bytes']) {
  policed.get(`${policy}/fountain/:room`, fountain).get(`${policy}/raw-fountain/:room`, rawFountain)
}

import { credential, origin } from 'denwa/handshake'
import { heartbeat } from 'denwa/heartbeat'
import { rateLimit } from 'denwa/middleware'
import { Hono } from 'hono'
import { bytes, echo, feed, kept } from './sockets.ts'

/** What a public endpoint has in front of it; the limit is one that the load keeps. */
const policies = [
  origin('https://bench.example'),
  credential({
    verify: (token) => (token === 'token' ? { user: 'bench', expiresInMs: 3_600_000 } : null),
  }),
  heartbeat({ intervalMs: 25_000, timeoutMs: 10_000 }),
  rateLimit({ messages: 10_000_000, windowMs: 1_000 }),
] as const

export const app: Hono = new Hono()
  .get('/raw', bytes)
  .get('/typed', echo)
  .get('/policed', ...policies, echo)
  .get('/subscribe', feed)
  .get('/publish', feed)
  .get('/subscribe-kept', kept)
  .get('/publish-kept', kept)

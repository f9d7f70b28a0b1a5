import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { anything, peer } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { INTERNALS } from '../handshake/route.ts'
import type { WithInternals } from '../internals.ts'
import { rateLimit } from '../middleware/rate-limit.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { heartbeat } from './heartbeat.ts'
import { idleTimeout } from './idle-timeout.ts'
import { maxAge } from './max-age.ts'

/** A clock that counts what waits on it. */
class Counted extends TestClock {
  readonly pending = new Set<object>()

  override after(ms: number, task: () => void): () => void {
    const key = {}
    this.pending.add(key)
    const off = super.after(ms, () => {
      this.pending.delete(key)
      task()
    })
    return () => {
      this.pending.delete(key)
      off()
    }
  }
}

test('connections that have ended, in whatever way, leave nothing behind', async () => {
  const clock = new Counted()
  const talk = contract({
    requests: { hang: { input: anything, output: anything } },
    channels: { room: { events: { said: anything }, slow: 'latest' } },
  })
  const talker = socket(talk, {
    async open(c) {
      await c.join('room', {})
    },
    requests: { hang: () => new Promise(() => {}) },
  })
  const app = new Hono()
    .use(heartbeat({ intervalMs: 10_000, timeoutMs: 5_000 }), idleTimeout(60_000))
    .use(maxAge(120_000), rateLimit({ messages: 10, bytes: 10_000, windowMs: 1000, strikes: 1 }))
    .get('/', talker as never)
  const peers = []
  for (let i = 0; i < 200; i++) peers.push(await peer(app, { clock, arrays: i % 2 === 0 }))
  const { live } = (talker as unknown as WithInternals)[INTERNALS]!.route.endpoint
  expect([live.size, clock.pending.size]).toEqual([200, 1])
  for (const [i, { socket }] of peers.entries()) {
    if (i % 4 === 0) socket.close(1000)
    else if (i % 4 === 1) socket.close(1006)
    // A flood, and silence with something at work.
    else if (i % 4 === 2) for (let n = 0; n < 100; n++) socket.send({ type: 'hang' })
    else socket.send({ type: 'hang', id: 1 })
  }
  await peers.at(-1)?.ended()
  expect(live.size).toBe(50)
  clock.advance(68_000)
  await peers.at(-1)?.ended()
  expect(live.size).toBe(0)
  clock.advance(1000)
  expect(clock.pending.size).toBe(0)
})

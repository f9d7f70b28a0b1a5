import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MiB } from '../support/memory.ts'
import { behaviours } from './hostile-servers/behaviours.ts'
import { platforms, run } from './hostile-servers/run.ts'
import { type Hostile, hostile } from './hostile-servers/server.ts'
import { type Quirks, faults } from './hostile-servers/verdict.ts'

const deaf = { fates: ['stays'] } as const

/** Where a platform does not do what the others do. */
const known: Readonly<Record<string, Quirks>> = {
  // After a 401 it asks again by itself.
  node: { 'answers 401 Unauthorized': { connectsPerTry: 2 } },
  // It takes no notice of what is wrong as long as TCP is there: the client gives up after 15 s.
  deno: {
    'has a wrong Sec-WebSocket-Accept': deaf,
    'has an unknown subprotocol': deaf,
    'has an unknown extension': deaf,
  },
}

describe.each(platforms)('a client on %s, with its WebSocket: %s,', (runtime, kind) => {
  let server: Hostile
  beforeAll(async () => {
    server = await hostile()
  })
  afterAll(() => server.close())
  const suffer = (table: typeof behaviours, ms: number): ReturnType<typeof run> =>
    run(runtime, kind, `ws://127.0.0.1:${server.port}`, table, ms)

  test(
    'lives through all that a server can do, and comes back no more often than it should',
    { timeout: 60_000 },
    async () => {
      const ran = await suffer(behaviours, 3000)
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      const quirks = kind === 'native' ? known[runtime] : {}
      expect(faults(behaviours, ran.fates!, server.visits, quirks)).toEqual([])
      // All of them at once, with a message of 64 MiB, and some of 100,000 frames.
      expect(ran.peakBytes).toBeLessThan(800 * MiB)
    },
  )
})

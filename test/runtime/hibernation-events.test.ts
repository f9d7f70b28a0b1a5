import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { request } from '../../src/testing/raw-client.ts'
import { Client, type Json } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

const server = await serveEvicting()
afterAll(() => server.close())

async function told(id: string): Promise<Json[]> {
  return JSON.parse((await request(server.url, { target: `/told/${id}` })).body)
}

test.each(['awake', 'asleep'])(
  'a connection is one from its beginning to its end, its object %s in between',
  async (condition) => {
    const maybeSleep = async (): Promise<void> => {
      if (condition === 'asleep') expect(await server.evict(condition)).toBe(true)
    }
    const begun = Date.now()
    const ann = await Client.in(server.url, condition, 'ann')
    const { id } = (await ann.ask('whoami', 1)).data
    await maybeSleep()
    await ann.ask('echo', 2, { text: 'x' })
    await maybeSleep()
    await sleep(300)
    const least = Date.now() - begun
    ann.socket.close(4321)
    expect(await ann.closed()).toBe(4321)
    await expect.poll(async () => (await told(id)).at(-1)).toMatchObject({ type: 'close' })
    const most = Date.now() - begun
    const of = { connection: id, route: '/socket/:room' }
    const request = { type: 'handled', ...of, kind: 'request', code: 'ok' }
    const durationMs = expect.any(Number)
    const all = await told(id)
    expect(all).toEqual([
      { type: 'open', ...of },
      { ...request, name: 'whoami', durationMs },
      { ...request, name: 'echo', durationMs },
      { type: 'close', ...of, code: 4321, own: false, wasClean: true, durationMs },
    ])
    // The clock of an object stands still while it is at work.
    const lasted = all.at(-1)?.durationMs
    expect(lasted).toBeGreaterThan(least - 100)
    expect(lasted).toBeLessThan(most + 100)
  },
)

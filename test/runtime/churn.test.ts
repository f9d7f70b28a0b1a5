import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { connect, request } from '../../src/testing/raw-client.ts'
import { launch } from '../../tools/launch.ts'

// A busy machine has others to serve.
vi.setConfig({ testTimeout: 90_000 })

const AT_ONCE = 100
/** As many as there may be. */
const PLACES = 400
/** On Deno each upgrade is watched for five seconds, for nothing tells of one that fails. */
const CALM_MS = { node: 1_000, bun: 1_000, deno: 6_000 }

const WAYS = ['reset', 'fin', 'close'] as const

describe.each(['node', 'bun', 'deno'] as const)('%s', async (runtime) => {
  const server = await launch({
    runtime,
    entry: `${import.meta.dirname}/churn/${runtime}.ts`,
    env: { NODE_OPTIONS: '--expose-gc', DENO_V8_FLAGS: '--expose-gc' },
  })
  afterAll(() => server.close())
  const clients = runtime === 'node' ? 10_000 : 4_000
  let rooms = 0

  const enter = () =>
    connect(server.url, {
      target: `/talk/r${rooms++}`,
      headers: { authorization: `Bearer user-${rooms}` },
    })

  /** Comes, joins two channels, hears what it has said, and leaves in one way or another. */
  async function visit(i: number): Promise<void> {
    const socket = await enter()
    socket.send('{"type":"say","id":1,"data":"hi"}')
    for (let answer = ''; !answer.includes('"id":1');) answer = `${await socket.next(10_000)}`
    // Deno 2.9 keeps, by itself, what it has of a WebSocket that ends without a Close.
    const way = runtime === 'deno' ? 'close' : WAYS[i % WAYS.length]
    if (way === 'reset') socket.wire.reset()
    else if (way === 'fin') socket.wire.fin()
    else {
      socket.close(1000)
      await socket.closed(10_000)
    }
    socket.destroy()
  }

  async function churn(clients: number): Promise<void> {
    let next = 0
    const one = async (): Promise<void> => {
      while (next < clients) await visit(next++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, one))
  }

  /** Bytes in use, when nobody is there. */
  async function heap(): Promise<number> {
    await sleep(CALM_MS[runtime])
    return Number((await request(server.url, { target: '/heap', timeoutMs: 15_000 })).body)
  }

  test(`${clients} clients that come and go leave nothing behind`, async () => {
    // What the first thousands need is kept for those who come.
    await churn(2_000)
    const before = await heap()
    await churn(clients)
    // One that is kept takes a kilobyte and more.
    expect((await heap()) - before).toBeLessThan(clients * 200)
    // Nor do they hold a place: all may be taken.
    await expect
      .poll(
        async () => {
          const all = await Promise.allSettled(Array.from({ length: PLACES }, enter))
          for (const each of all) if (each.status === 'fulfilled') each.value.destroy()
          return all.filter(({ status }) => status === 'fulfilled').length
        },
        { timeout: 20_000, interval: 1_000 },
      )
      .toBe(PLACES)
    expect(server.stderr()).toBe('')
  })
})

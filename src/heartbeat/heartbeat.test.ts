import { Hono, type MiddlewareHandler } from 'hono'
import { describe, expect, test } from 'vitest'
import { anything, peer } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'
import { heartbeat } from './heartbeat.ts'

const quiet = socket(contract({ messages: { note: anything } }), { messages: { note: () => {} } })

async function welcomeBehind(...policies: MiddlewareHandler[]): Promise<[number, number]> {
  const app = new Hono()
  for (const policy of policies) app.use(policy)
  const client = await peer(app.get('/', quiet), { arrays: true })
  const [{ type, beat, wait }] = await client.heard()
  expect(type).toBe('$welcome')
  return [beat, wait]
}

describe('the welcome tells the client how often to ping, and how long to wait', () => {
  test('25 and 10 seconds without a policy, or with one that sets nothing', async () => {
    expect(await welcomeBehind()).toEqual([25_000, 10_000])
    expect(await welcomeBehind(heartbeat())).toEqual([25_000, 10_000])
  })

  test('what the policy says', async () => {
    const policy = heartbeat({ intervalMs: 20_000, timeoutMs: 5_000 })
    expect(await welcomeBehind(policy)).toEqual([20_000, 5_000])
  })

  test('later policies override earlier ones key by key', async () => {
    const first = heartbeat({ intervalMs: 60_000, timeoutMs: 7_000 })
    expect(await welcomeBehind(first, heartbeat({ intervalMs: 20_000 }))).toEqual([20_000, 7_000])
    expect(await welcomeBehind(first, heartbeat({ timeoutMs: 1_000 }))).toEqual([60_000, 1_000])
    expect(await welcomeBehind(first, heartbeat({}))).toEqual([60_000, 7_000])
  })

  test('never to wait longer than the interval', async () => {
    expect(await welcomeBehind(heartbeat({ intervalMs: 5_000 }))).toEqual([5_000, 5_000])
  })
})

test.each([{ intervalMs: 0 }, { intervalMs: 1.5 }, { timeoutMs: -1 }, { timeoutMs: NaN }])(
  '%o is out of range',
  (options) => {
    expect(() => heartbeat(options)).toThrow(RangeError)
  },
)

test('to wait longer than the interval is a mistake', () => {
  expect(() => heartbeat({ intervalMs: 1000, timeoutMs: 1001 })).toThrow(
    'Cannot wait 1001 ms for an answer and ask every 1000 ms: ' +
      'set timeoutMs to at most 1000, or a longer intervalMs beside it',
  )
  expect(() => heartbeat({ timeoutMs: 60_000 })).toThrow(RangeError)
  expect(() => heartbeat({ timeoutMs: 25_000 })).not.toThrow()
})

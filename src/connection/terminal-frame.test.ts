import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Peer, anything, peer, slowly, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'

const INITIAL_CREDIT = 32

/** What may happen to the nth request of a run. */
type Step =
  | { do: 'ask'; type: 'reply' | 'late' | 'stream'; timeout: number | undefined }
  | { do: 'settle' | 'throw' | 'refuse' | 'cancel' | 'more' | 'item'; nth: number }
  | { do: 'time'; ms: number }
  | { do: 'turn' }
  | { do: 'close' }

const nth = fc.nat(5)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      type: fc.constantFrom('reply' as const, 'late' as const, 'stream' as const),
      timeout: fc.constantFrom(undefined, 1, 150, 1000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('settle', 'throw', 'refuse', 'cancel', 'more', 'item'),
      nth,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('time' as const),
      ms: fc.integer({ min: 1, max: 1200 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
)
const steps = fc
  .tuple(fc.array(step, { maxLength: 25 }), fc.boolean())
  .map(([list, close]) => (close ? [...list, { do: 'close' } as const] : list))

/** The handler's end of one request. */
class Handler {
  readonly #gate = Promise.withResolvers<unknown>()
  readonly #items: unknown[] = []
  #wake: (() => void) | undefined

  reply(): Promise<unknown> {
    return this.#gate.promise
  }

  async *stream(): AsyncGenerator<unknown> {
    let over = false
    const end = this.#gate.promise.finally(() => (over = true))
    for (;;) {
      while (this.#items.length > 0) yield this.#items.shift()
      if (over) return void (await end)
      await Promise.race([end, new Promise<void>((resolve) => (this.#wake = resolve))])
    }
  }

  item(): void {
    for (let i = 0; i < 20; i++) this.#items.push(i)
    this.#wake?.()
  }

  end(how: string): void {
    if (how === 'settle') this.#gate.resolve('done')
    else if (how === 'throw') this.#gate.reject(new Error('no'))
    else this.#gate.reject(new SocketError('conflict'))
    this.#gate.promise.catch(() => {})
  }
}

async function run(list: readonly Step[]): Promise<void> {
  const handlers: Handler[] = []
  const start = (): Handler => {
    const handler = new Handler()
    handlers.push(handler)
    return handler
  }
  const at = socket(
    contract({
      requests: {
        reply: { input: anything, output: anything },
        late: { input: slowly, output: slowly },
        stream: { input: anything, item: anything },
      },
    }),
    {
      requests: {
        reply: () => start().reply(),
        late: () => start().reply(),
        stream: () => start().stream(),
      },
      limits: { inFlight: 4, requestTimeoutMs: 1000 },
    },
  )
  const clock = new TestClock()
  const client: Peer = await peer(at, { clock })
  const credit: number[] = []
  let closed = false
  for (const now of list) {
    if (now.do === 'ask') {
      credit.push(INITIAL_CREDIT)
      client.request(credit.length, now.type, null, { timeout: now.timeout })
    } else if (now.do === 'time') clock.advance(now.ms)
    else if (now.do === 'turn') await turn()
    else if (now.do === 'close') closed = client.socket.close(1000) === undefined
    else if (now.do === 'cancel') client.say({ type: '$cancel', id: now.nth + 1 })
    else if (now.do === 'more') {
      client.say({ type: '$more', id: now.nth + 1, count: 8 })
      if (now.nth < credit.length) credit[now.nth]! += 8
    } else if (now.do === 'item') handlers[now.nth]?.item()
    else handlers[now.nth]?.end(now.do)
  }
  const frames = await client.heard()
  for (const handler of handlers) handler.end('settle')
  frames.push(...(await client.heard()))
  clock.advance(2000)
  for (let id = 1; id <= credit.length; id++) client.say({ type: '$cancel', id })
  frames.push(...(await client.heard()))

  for (const [index, most] of credit.entries()) {
    const own = frames.filter((frame) => frame.id === index + 1)
    const ends = own.filter((frame) => !('item' in frame))
    expect(ends.length).toBeLessThanOrEqual(1)
    if (!closed) expect(ends).toHaveLength(1)
    if (ends.length > 0) expect(own.at(-1)).toBe(ends[0])
    expect(own.length - ends.length).toBeLessThanOrEqual(most)
  }
}

test('a request has exactly one terminal frame, after all its items, however its ends race', async () => {
  await fc.assert(fc.asyncProperty(steps, run), { numRuns: 300 })
})

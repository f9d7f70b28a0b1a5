import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { anything, peer, standard, turn } from '../../test/support/peer.ts'
import type { Peer, PeerOptions } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { credential } from '../handshake/credential.ts'
import { INTERNALS } from '../handshake/route.ts'
import { maxAge } from '../heartbeat/max-age.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import type { LiveSocket } from '../runtime/port.ts'
import { drain } from './drain.ts'

/** What a schema waits for that takes a while. */
let checking: Promise<void>
const checked = standard(async (value) => {
  await checking
  return { value }
})

const any = { input: anything, output: anything }
const at = contract({
  messages: { note: anything },
  requests: {
    ask: any,
    quick: any,
    slow: { input: checked, output: anything },
    checked: { input: anything, output: checked },
    watch: { input: anything, item: anything },
  },
  events: { said: anything },
  channels: { news: { events: { told: anything } } },
})

/** Handlers that a test does not care for. */
const others = {
  ask() {},
  quick() {},
  slow() {},
  checked() {},
  watch: () => [],
}

const bye = { type: '$bye', code: 'restart', retry: [500, 1002] }
const restart = { code: 1012, reason: 'restart' }
const refused = (id?: number): object => ({
  ...(id !== undefined && { id }),
  error: { code: 'unavailable', message: 'about to end', retryAfter: 1000 },
})

/** A socket with a client, whose server may be drained for two seconds. */
async function scene(handlers: object = {}, { in: front, ...options }: Scene = {}) {
  const clock = new TestClock()
  const gate = Promise.withResolvers<unknown>()
  const handled: string[] = []
  const note = (c: any): unknown => handled.push(c.type)
  const room = socket(at, {
    messages: { note },
    requests: {
      ask: () => gate.promise,
      quick: (c: any) => (note(c), c.data),
      slow: (c: any) => (note(c), c.data),
      checked: async (c: any) => c.data,
      watch: () => [],
    },
    ...handlers,
  } as never) as any
  const { live } = room[INTERNALS].route.endpoint
  const app = front ? new Hono().use(front).get('/', room) : room
  const client = await peer(app, { clock, ...options })
  const server = serverOf(live, clock)
  return { client, room, clock, handled, release: gate.resolve, ...server }
}
type Scene = PeerOptions & { in?: any }

function serverOf(live: ReadonlySet<LiveSocket>, clock: TestClock) {
  return {
    async end(ms = 2000) {
      void drain({ live }, ms, clock)
      await turn()
    },
    async pass(ms: number) {
      await turn()
      for (let passed = 0; passed < ms; passed += 50) {
        clock.advance(50)
        await turn()
      }
    },
  }
}

/** All it has heard, and how it ended. */
async function fate(client: Peer): Promise<unknown> {
  return [...(await client.heard()), await client.ended()]
}

describe('a connection that is drained', () => {
  test('is told when to come back, and closed with 1012', async () => {
    const { client, end } = await scene()
    await end()
    expect(await fate(client)).toEqual([bye, restart])
  })

  test('is told after its welcome where it speaks the subprotocol', async () => {
    const { client, end } = await scene({}, { arrays: true })
    await end()
    expect(await fate(client)).toEqual([
      expect.objectContaining({ type: '$welcome' }),
      bye,
      restart,
    ])
  })

  test('hears the reply of a handler at work first', async () => {
    const { client, end, pass, release } = await scene()
    client.request(1, 'ask')
    await turn()
    await end()
    await pass(300)
    expect(await client.heard()).toEqual([])
    release('done')
    await pass(50)
    expect(await fate(client)).toEqual([{ id: 1, data: 'done' }, bye, restart])
  })

  test('hears a reply first that takes a while to be checked', async () => {
    const checks = Promise.withResolvers<void>()
    checking = checks.promise
    const { client, end, pass } = await scene()
    client.request(1, 'checked', 'sum')
    await turn()
    await end()
    await pass(100)
    expect(await client.ended()).toBeUndefined()
    checks.resolve()
    await pass(50)
    expect(await fate(client)).toEqual([{ id: 1, data: 'sum' }, bye, restart])
  })

  test('hears the reply of the handler that has asked for it', async () => {
    for (const handler of [() => 'going', async () => 'going']) {
      const ends: (() => unknown)[] = []
      const { client, end, pass } = await scene({
        requests: { ...others, ask: () => (ends[0]?.(), handler()) },
      })
      ends.push(end)
      client.request(1, 'ask')
      await pass(50)
      expect(await fate(client)).toEqual([{ id: 1, data: 'going' }, bye, restart])
    }
  })

  test('has handled what came in before, though its check takes a while', async () => {
    const checks = Promise.withResolvers<void>()
    checking = checks.promise
    const { client, end, pass, handled } = await scene()
    client.say([
      { type: 'slow', id: 1, data: 'a' },
      { type: 'quick', id: 2, data: 'b' },
    ])
    client.request(3, 'quick', 'c')
    await turn()
    await end()
    client.request(4, 'quick', 'd')
    await pass(100)
    expect([handled, await client.ended()]).toEqual([[], undefined])
    checks.resolve()
    await pass(50)
    expect(await fate(client)).toEqual([
      { id: 1, data: 'a' },
      { id: 2, data: 'b' },
      { id: 3, data: 'c' },
      refused(4),
      bye,
      restart,
    ])
    expect(handled).toEqual(['slow', 'quick', 'quick'])
  })

  test('learns at once that what it still asks for is not handled', async () => {
    const { client, end, pass, handled, release } = await scene()
    client.request(1, 'ask')
    await turn()
    await end()
    await turn()
    client.request(2, 'quick')
    client.say({ type: 'note' })
    client.say([{ type: 'quick', id: 3 }, { type: 'note' }])
    client.request(4, '$join', undefined, { channel: 'news' })
    await turn()
    expect(await client.heard()).toEqual([refused(2), refused(), refused(3), refused(), refused(4)])
    release('late')
    await pass(50)
    expect(await fate(client)).toEqual([{ id: 1, data: 'late' }, bye, restart])
    expect(handled).toEqual([])
  })

  test('gets its pongs while it waits, and is not taken for silent', async () => {
    const { client, end, pass } = await scene({ messages: { note: () => new Promise(() => {}) } })
    client.say({ type: 'note' })
    await turn()
    await end(1_000_000)
    for (let i = 0; i < 5; i++) {
      await pass(20_000)
      client.say('ping')
      expect(await client.socket.next()).toBe('pong')
    }
    expect(await client.ended()).toBeUndefined()
  })

  test('may ask for the rest of a stream, or call it off', async () => {
    async function* forty(): AsyncGenerator<number> {
      for (let i = 0; i < 40; i++) yield i
    }
    for (const type of ['$more', '$cancel']) {
      const { client, end, pass } = await scene({
        requests: { ...others, watch: forty },
      })
      client.request(1, 'watch')
      await turn()
      await end()
      await pass(100)
      expect(await client.heard()).toHaveLength(32)
      client.say({ type, id: 1, count: 8 })
      await pass(50)
      const [last, ...rest] = ((await fate(client)) as any[]).slice(type === '$more' ? 8 : 0)
      if (type === '$more') expect(last).toEqual({ id: 1, end: true })
      else expect(last.error.code).toBe('canceled')
      expect(rest).toEqual([bye, restart])
    }
  })

  test('is closed at half of the time though a handler is at work, and hears no late reply', async () => {
    let signal: AbortSignal | undefined
    const stuck = Promise.withResolvers<string>()
    const { client, end, pass } = await scene({
      requests: { ...others, ask: (c: any) => ((signal = c.signal), stuck.promise) },
    })
    client.request(1, 'ask')
    await turn()
    await end()
    await pass(950)
    expect(await client.ended()).toBeUndefined()
    await pass(50)
    expect(await fate(client)).toEqual([bye, restart])
    expect(signal?.aborted).toBe(true)
    stuck.resolve('late')
    await pass(50)
    expect(await client.heard()).toEqual([])
  })

  test('waits for its open, and what came in meanwhile', async () => {
    const open = Promise.withResolvers<void>()
    const { client, end, pass } = await scene({ open: () => open.promise })
    client.request(1, 'quick', 'early')
    await turn()
    await end()
    await pass(100)
    client.request(2, 'quick', 'late')
    await pass(100)
    open.resolve()
    await pass(50)
    expect(await fate(client)).toEqual([{ id: 1, data: 'early' }, refused(2), bye, restart])
  })

  test('is closed at half of the time though its open takes for ever', async () => {
    const ends: unknown[] = []
    const open = Promise.withResolvers<void>()
    const { client, end, pass } = await scene({
      open: () => open.promise,
      close: (_: unknown, info: unknown) => ends.push(info),
    })
    await end()
    await pass(1000)
    expect(await fate(client)).toEqual([bye, restart])
    open.resolve()
    await turn()
    expect(ends).toEqual([{ ...restart, wasClean: true }])
  })

  test('is closed at once while it owes a credential', async () => {
    const { client, end } = await scene(
      {},
      { in: credential({ verify: () => ({ user: 'ann' }), from: ['frame'] }) },
    )
    await end()
    expect(await fate(client)).toEqual([bye, restart])
  })

  test('hears of no publication after it', async () => {
    const { client, room, end, clock, pass } = await scene({
      channels: { news: { join: () => true } },
    })
    client.request(1, '$join', undefined, { channel: 'news' })
    await client.heard()
    const news = room.in({}).channel('news')
    void news.publish('told', 1)
    await end()
    void news.publish('told', 2)
    await pass(50)
    const frames = (await client.heard()) as any[]
    expect(frames.map(({ type, data }) => [type, data])).toEqual([
      ['told', 1],
      ['$bye', undefined],
    ])
    expect(clock.now()).toBeLessThan(200)
  })

  test('keeps the end that it had begun', async () => {
    const { client, end } = await scene({ open: (c: any) => c.close(4300, 'full') })
    await end()
    expect(await fate(client)).toEqual([{ code: 4300, reason: 'full' }])
  })

  test('may be drained again, in less time', async () => {
    const { client, end, pass } = await scene()
    client.request(1, 'ask')
    await turn()
    await end(100_000)
    await pass(500)
    await end(400)
    await pass(200)
    expect(await fate(client)).toEqual([bye, restart])
  })
})

test('a connection that is too old ends with all others, should the server end first', async () => {
  const { client, pass, end, release } = await scene({}, { in: maxAge(60_000, { jitter: 0 }) })
  await pass(50_000)
  client.request(1, 'ask')
  await pass(11_000)
  await end()
  await pass(1000)
  expect(await fate(client)).toEqual([bye, restart])
  release('late')
})

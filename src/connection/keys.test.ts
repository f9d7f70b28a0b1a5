import { setImmediate } from 'node:timers/promises'
import { Hono, type MiddlewareHandler } from 'hono'
import { describe, expect, test } from 'vitest'
import { type Peer, anything, peer } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { credential } from '../handshake.ts'
import { INTERNALS } from '../handshake/route.ts'
import { memoryKeys } from '../keys/memory.ts'
import type { KeyStore } from '../keys/port.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'

const KEY = 'a key of 16 chars'
const MINUTE = 60_000

/** The handler at work. */
interface Run {
  readonly data: unknown
  readonly signal: AbortSignal
  resolve(result?: unknown): void
  reject(error: unknown): void
}

/** An endpoint whose handler does what the test says, on the clock of the test. */
class Endpoint {
  readonly runs: Run[] = []
  readonly clock = new TestClock()
  readonly handler: any

  constructor({ keys = {}, ...more }: any = {}) {
    const request = { input: anything, output: anything }
    const stream = { input: anything, item: anything }
    const run = (c: any): Promise<unknown> =>
      new Promise((resolve, reject) => {
        this.runs.push({ data: c.data, signal: c.signal, resolve, reject })
      })
    this.handler = socket(contract({ requests: { pay: request, other: request, count: stream } }), {
      ...more,
      keys: { store: memoryKeys({ clock: this.clock }), ...keys },
      requests: {
        pay: run,
        other: run,
        async *count() {
          yield 1
        },
      },
    })
  }

  get run(): Run {
    return this.runs.at(-1)!
  }

  /** The handler at work ends with it, as many times as it has run. */
  async end(result: unknown = `run ${this.runs.length}`): Promise<void> {
    this.run.resolve(result)
    await setImmediate()
  }

  async connect(as?: string): Promise<Client> {
    const app = new Hono()
    if (as !== undefined) app.use((as.startsWith('~') ? TOKENS : USERS) as MiddlewareHandler)
    app.get('/', this.handler)
    const headers = as === undefined ? {} : { authorization: `Bearer ${as}` }
    const client = await peer(app, { arrays: true, clock: this.clock, headers })
    const [{ keys }] = await client.heard()
    return new Client(client, keys)
  }
}

/** `ann.1`: a credential of Ann's. */
const USERS = credential<{ user: string; token: string }>({
  verify: (token) => ({ user: token.split('.')[0]!, token }),
  subject: ({ user }) => user,
})
/** It says something else each time. */
const TOKENS = credential({ verify: (token) => ({ token }) })

class Client {
  readonly peer: Peer
  /** What the server calls its memory. */
  readonly keys: string
  #id = 0

  constructor(client: Peer, keys: string) {
    this.peer = client
    this.keys = keys
  }

  /** Says it, and hears all that the server has to say at once: frames without their ids. */
  async pay(data: unknown, more: object = {}, type = 'pay'): Promise<unknown[]> {
    this.peer.request(++this.#id, type, data, { key: KEY, ...more })
    return this.heard()
  }

  async heard(): Promise<unknown[]> {
    const frames = await this.peer.heard()
    return frames.map(({ data, error }) => error?.code ?? data)
  }

  async lose(): Promise<void> {
    this.peer.socket.close(1006)
    await setImmediate()
  }
}

describe('a request with a key', () => {
  test('that is repeated afterwards gets the same answer, and its handler does not run', async () => {
    const at = new Endpoint()
    const first = await at.connect()
    expect(await first.pay(1)).toEqual([])
    await at.end({ paid: 1 })
    expect(await first.heard()).toEqual([{ paid: 1 }])
    const second = await at.connect()
    expect(await second.pay(1, { again: first.keys })).toEqual([{ paid: 1 }])
    // Whether it says so or not.
    expect(await first.pay(1)).toEqual([{ paid: 1 }])
    expect(at.runs).toHaveLength(1)
  })

  test('that is repeated while the first is at work waits for the same answer', async () => {
    const at = new Endpoint()
    const [first, second] = [await at.connect(), await at.connect()]
    await first.pay(1)
    expect(await second.pay(1, { again: first.keys })).toEqual([])
    expect(await first.pay(1)).toEqual([])
    await at.end('done')
    expect(await first.heard()).toEqual(['done', 'done'])
    expect(await second.heard()).toEqual(['done'])
    expect(at.runs).toHaveLength(1)
  })

  test('is not ended by the loss of its connection: its answer is kept', async () => {
    const at = new Endpoint()
    const first = await at.connect()
    await first.pay(1)
    await first.lose()
    expect(at.run.signal.aborted).toBe(false)
    const second = await at.connect()
    expect(await second.pay(1, { again: first.keys })).toEqual([])
    await second.lose()
    await at.end('late')
    const third = await at.connect()
    expect(await third.pay(1, { again: first.keys })).toEqual(['late'])
    expect([at.runs.length, at.run.signal.aborted]).toEqual([1, false])
  })

  test('without one is ended by it', async () => {
    const at = new Endpoint()
    const first = await at.connect()
    await first.pay(1, { key: undefined })
    await first.lose()
    expect(at.run.signal.aborted).toBe(true)
  })

  test('that never arrived is done when it comes again', async () => {
    const at = new Endpoint()
    const { keys } = await at.connect()
    const second = await at.connect()
    expect(await second.pay(1, { again: keys })).toEqual([])
    await at.end('first')
    expect(await second.heard()).toEqual(['first'])
  })

  test('that comes again and was said elsewhere is not done: nobody knows', async () => {
    const [before, at] = [new Endpoint(), new Endpoint()]
    const { keys } = await before.connect()
    const client = await at.connect()
    expect(client.keys).not.toBe(keys)
    for (const again of [keys, '', null, 5, true, {}]) {
      expect(await client.pay(1, { again })).toEqual(['connection_lost'])
    }
    expect(at.runs).toHaveLength(0)
    // That was not written down.
    await client.pay(1)
    expect(at.runs).toHaveLength(1)
  })

  test('that comes late, after its repetition, is the same one', async () => {
    const at = new Endpoint()
    const [first, second] = [await at.connect(), await at.connect()]
    await second.pay(1, { again: first.keys })
    expect(await first.pay(1)).toEqual([])
    await at.end('once')
    expect(await first.heard()).toEqual(['once'])
    expect(at.runs).toHaveLength(1)
  })

  test('that asks for something else is a conflict, in flight and afterwards', async () => {
    const at = new Endpoint()
    const client = await at.connect()
    await client.pay({ to: 'ann' })
    expect(await client.pay({ to: 'ben' })).toEqual(['conflict'])
    await at.end()
    expect(await client.heard()).toEqual(['run 1'])
    expect(await client.pay({ to: 'ben' })).toEqual(['conflict'])
    expect(await client.pay(undefined)).toEqual(['conflict'])
    expect(await client.pay({ to: 'ann' })).toEqual(['run 1'])
    expect(at.runs).toHaveLength(1)
  })

  test('is another one with another type', async () => {
    const at = new Endpoint()
    const client = await at.connect()
    await client.pay(1)
    await client.pay(1, {}, 'other')
    expect(at.runs).toHaveLength(2)
  })

  test.each([null, 5, '', 'x'.repeat(15), 'x'.repeat(129), {}, ['x'.repeat(16)]])(
    'that is no good, %j, is invalid',
    async (key) => {
      const at = new Endpoint()
      const client = await at.connect()
      expect(await client.pay(1, { key })).toEqual(['invalid'])
      expect(at.runs).toHaveLength(0)
    },
  )

  test('is not for a stream, nor for a message', async () => {
    const client = await new Endpoint().connect()
    expect(await client.pay(1, {}, 'count')).toEqual(['invalid'])
  })

  test('runs in its turn', async () => {
    const at = new Endpoint()
    const client = await at.connect()
    const say = (id: number, key?: string): object => ({ type: 'pay', id, data: id, key })
    client.peer.say([say(1), say(2, KEY), say(3), say(4, `${KEY} too`)])
    await client.heard()
    expect(at.runs.map(({ data }) => data)).toEqual([1, 2, 3, 4])
  })
})

describe('how it ends', () => {
  test('with a refusal: with the same one each time', async () => {
    const at = new Endpoint()
    const client = await at.connect()
    await client.pay(1)
    at.run.reject(new SocketError('not_found', 'no such account'))
    expect(await client.heard()).toEqual(['not_found'])
    expect(await client.pay(1)).toEqual(['not_found'])
    expect(at.runs).toHaveLength(1)
  })

  test.each([[[]], [[(_: any, next: any) => next()]]])(
    'with a refusal that is worth another try: with the same one, for there may be an effect',
    async (use) => {
      const at = new Endpoint({ use })
      const client = await at.connect()
      await client.pay(1)
      at.run.reject(new SocketError('unavailable', 'not now', { retryAfterMs: 5 }))
      expect(await client.heard()).toEqual(['unavailable'])
      expect(await client.pay(1)).toEqual(['unavailable'])
      expect(at.runs).toHaveLength(1)
    },
  )

  test('with such a refusal of middleware: as if it had not been said', async () => {
    let refuses = 2
    const limit = (_: any, next: any): unknown => {
      if (refuses-- > 0) throw new SocketError('rate_limited', 'slow down', { retryAfterMs: 5 })
      return next()
    }
    const at = new Endpoint({ use: [limit] })
    const client = await at.connect()
    expect(await client.pay(1)).toEqual(['rate_limited'])
    expect(await client.pay(1, { again: client.keys })).toEqual(['rate_limited'])
    expect(await client.pay(1)).toEqual([])
    await at.end()
    expect(await client.heard()).toEqual(['run 1'])
  })

  test('with an exception: with internal each time, of which observers hear once', async () => {
    const errors: unknown[] = []
    const stop = observe(({ error }) => errors.push(error))
    const at = new Endpoint()
    const [client, other] = [await at.connect(), await at.connect()]
    await client.pay(1)
    await other.pay(1)
    at.run.reject(new Error('broken'))
    expect(await client.heard()).toEqual(['internal'])
    expect(await other.heard()).toEqual(['internal'])
    expect(await client.pay(1)).toEqual(['internal'])
    expect(errors).toEqual([new Error('broken')])
    stop()
  })

  test('with middleware that does not call next: with forbidden', async () => {
    const at = new Endpoint({ use: [() => {}] })
    const client = await at.connect()
    expect(await client.pay(1)).toEqual(['forbidden'])
    expect(await client.pay(1)).toEqual(['forbidden'])
  })

  test('in time or not: who waits is told so, and the handler too', async () => {
    const at = new Endpoint({ limits: { requestTimeoutMs: 1000 } })
    const client = await at.connect()
    await client.pay(1)
    at.clock.advance(1100)
    expect(await client.heard()).toEqual(['timeout'])
    expect(at.run.signal.aborted).toBe(true)
    // It goes on nevertheless.
    expect(await client.pay(1)).toEqual([])
    await at.end('late')
    expect(await client.heard()).toEqual(['late'])
    expect(at.runs).toHaveLength(1)
  })

  test('in time or not, when nobody is there any more', async () => {
    const at = new Endpoint()
    const client = await at.connect()
    await client.pay(1, { timeout: 5000 })
    await client.lose()
    at.clock.advance(4900)
    expect(at.run.signal.aborted).toBe(false)
    at.clock.advance(300)
    expect(at.run.signal.aborted).toBe(true)
    at.run.reject(at.run.signal.reason)
    const second = await at.connect()
    expect(await second.pay(1, { again: client.keys })).toEqual(['timeout'])
  })

  test('in time or not: the handler has the time of who waits longest', async () => {
    const at = new Endpoint()
    const [client, other] = [await at.connect(), await at.connect()]
    await client.pay(1, { timeout: 1000 })
    await other.pay(1, { timeout: 3000 })
    at.clock.advance(1100)
    expect(await client.heard()).toEqual(['timeout'])
    expect(at.run.signal.aborted).toBe(false)
    await other.lose()
    at.clock.advance(1700)
    expect(at.run.signal.aborted).toBe(false)
    at.clock.advance(400)
    expect(at.run.signal.aborted).toBe(true)
  })

  test('when it is cancelled: the handler is told once nobody waits', async () => {
    const at = new Endpoint()
    const [client, other] = [await at.connect(), await at.connect()]
    await client.pay(1)
    await other.pay(1)
    client.peer.say({ type: '$cancel', id: 1 })
    expect(await client.heard()).toEqual(['canceled'])
    expect(at.run.signal.aborted).toBe(false)
    other.peer.say({ type: '$cancel', id: 1 })
    expect(await other.heard()).toEqual(['canceled'])
    expect(at.run.signal.aborted).toBe(true)
    at.run.reject(at.run.signal.reason)
    expect(await client.pay(1)).toEqual(['canceled'])
    expect(at.runs).toHaveLength(1)
  })

  test('counts among those in flight until its handler has ended', async () => {
    const at = new Endpoint({ limits: { inFlight: 300 } })
    const client = await at.connect()
    for (let n = 0; n < 256; n++) await client.pay(n, { key: `${KEY} ${n}`, timeout: 1 })
    at.clock.advance(1000)
    expect(await client.heard()).toEqual(Array(256).fill('timeout'))
    expect(await client.pay(256, { key: `${KEY} 256` })).toEqual(['overloaded'])
    await at.end()
    expect(await client.pay(256, { key: `${KEY} 256` })).toEqual([])
  })
})

describe('what comes again and is refused before it is looked up may have been done', () => {
  test.each([
    ['overloaded', () => {}, { inFlight: 1 }],
    ['unavailable', (live: Set<any>) => live.forEach((c) => c.drain([0, 0], false)), {}],
  ])('as %s', async (code, prepare, limits) => {
    const at = new Endpoint({ limits })
    const before = await at.connect()
    await before.pay(1)
    await at.end()
    const client = await at.connect()
    await client.pay(0, { key: `${KEY} 0` })
    prepare(at.handler[INTERNALS].route.endpoint.live)
    expect(await client.pay(1)).toEqual([code])
    expect(await client.pay(1, { again: before.keys })).toEqual(['connection_lost'])
    expect(await client.pay(1, { again: before.keys, key: undefined })).toEqual([code])
  })

  test('where the store is out of reach', async () => {
    const stop = observe({ error: () => {} })
    const away = (): never => {
      throw new Error('away')
    }
    const at = new Endpoint({ keys: { store: { name: 'a', take: away, keep: away, drop: away } } })
    expect(await (await at.connect()).pay(1, { again: 'a' })).toEqual(['connection_lost'])
    stop()
  })
})

test('middleware runs with the handler, and not for who repeats it', async () => {
  let passed = 0
  const count = (_: any, next: any): unknown => {
    passed++
    return next()
  }
  const at = new Endpoint({ use: [count] })
  const client = await at.connect()
  await client.pay(1)
  await client.pay(1)
  await at.end()
  await client.pay(1)
  expect([passed, at.runs.length]).toEqual([1, 1])
})

test('who cannot be told from others is answered with internal, and nothing is done', async () => {
  const stop = observe({ error: () => {} })
  const at = new Endpoint({
    keys: {
      subject() {
        throw new Error('who?')
      },
    },
  })
  expect(await (await at.connect()).pay(1)).toEqual(['internal'])
  expect(at.runs).toHaveLength(0)
  stop()
})

describe('another user', () => {
  test('has other requests by the same keys, and learns nothing', async () => {
    const at = new Endpoint()
    const [ann, ben] = [await at.connect('ann.1'), await at.connect('ben.1')]
    await ann.pay(1)
    await at.end("ann's")
    expect(await ben.pay(1)).toEqual([])
    await at.end("ben's")
    expect(await ben.heard()).toEqual(["ben's"])
    expect(await ann.heard()).toEqual(["ann's"])
    const back = await at.connect('ann.2')
    expect(await back.pay(1, { again: ann.keys })).toEqual(["ann's"])
  })

  test('with the same key in flight does not wait', async () => {
    const at = new Endpoint()
    const [ann, ben] = [await at.connect('ann.1'), await at.connect('ben.1')]
    await ann.pay(1)
    await ben.pay(1)
    expect(at.runs).toHaveLength(2)
  })

  test('as it seems, for a credential says something else: what comes again is not done again', async () => {
    const at = new Endpoint()
    const before = await at.connect('~1')
    await before.pay(1)
    await at.end()
    const after = await at.connect('~2')
    expect(await after.pay(1, { again: before.keys })).toEqual(['connection_lost'])
    expect(at.runs).toHaveLength(1)
  })

  test('is who the endpoint says', async () => {
    let user = 'ann'
    const at = new Endpoint({ keys: { subject: () => user } })
    const client = await at.connect()
    await client.pay(1)
    user = 'ben'
    await client.pay(1)
    expect(at.runs).toHaveLength(2)
  })
})

describe('what is remembered', () => {
  test('is remembered for five minutes after its end', async () => {
    const at = new Endpoint()
    const client = await at.connect()
    await client.pay(1)
    await at.end()
    at.clock.advance(5 * MINUTE - 1)
    const later = await at.connect()
    expect(await later.pay(1)).toEqual(['run 1'])
    at.clock.advance(1)
    expect(await (await at.connect()).pay(1)).toEqual([])
    expect(at.runs).toHaveLength(2)
  })

  test('is so many; one more is refused, and none gives way', async () => {
    const clock = new TestClock()
    const at = new Endpoint({ keys: { store: memoryKeys({ max: 2, clock }) } })
    const client = await at.connect()
    for (const n of [1, 2]) {
      await client.pay(n, { key: `${KEY} ${n}` })
      await at.end()
      await client.heard()
    }
    expect(await client.pay(3, { key: `${KEY} 3` })).toEqual(['overloaded'])
    expect(await client.pay(1, { key: `${KEY} 1` })).toEqual(['run 1'])
    clock.advance(5 * MINUTE)
    expect(await client.pay(3, { key: `${KEY} 3` })).toEqual([])
    expect(at.runs).toHaveLength(3)
  })

  test('is less than 64 KiB each: of what is longer nobody can tell', async () => {
    const at = new Endpoint()
    const client = await at.connect()
    await client.pay(1)
    await at.end('x'.repeat(70_000))
    expect(await client.heard()).toEqual(['x'.repeat(70_000)])
    expect(await client.pay(1)).toEqual(['connection_lost'])
    expect(at.runs).toHaveLength(1)
  })

  test('is nothing where the store is out of reach', async () => {
    const stop = observe({ error: () => {} })
    const away = (): never => {
      throw new Error('away')
    }
    const store: KeyStore = { name: 'away', take: away, keep: away, drop: away }
    const at = new Endpoint({ keys: { store } })
    expect(await (await at.connect()).pay(1)).toEqual(['unavailable'])
    expect(at.runs).toHaveLength(0)
    stop()
  })

  test('may be asked for elsewhere, which takes a while', async () => {
    const memory = memoryKeys()
    const later = async <T>(value: T): Promise<T> => {
      await setImmediate()
      return value
    }
    const store: KeyStore = {
      name: 'slow',
      take: async (...asked) => later(memory.take(...asked)),
      keep: async (...asked) => later(memory.keep(...asked)),
      drop: async (...asked) => later(memory.drop(...asked)),
    }
    const at = new Endpoint({ keys: { store } })
    const client = await at.connect()
    const same = { type: 'pay', data: 1, key: KEY }
    client.peer.say([1, 2, 3].map((id) => ({ ...same, id })))
    await setImmediate()
    await client.heard()
    expect(at.runs).toHaveLength(1)
    await at.end('once')
    await setImmediate()
    expect(await client.heard()).toEqual(['once', 'once', 'once'])
  })
})

test('an endpoint without requests remembers nothing, and does not say so', async () => {
  const handler = socket(contract({ messages: { hello: anything } }), { messages: { hello() {} } })
  const [welcome] = await (await peer(handler, { arrays: true })).heard()
  expect(welcome).not.toHaveProperty('keys')
})

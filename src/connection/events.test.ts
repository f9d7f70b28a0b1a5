import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { everyEvent } from '../../test/support/events.ts'
import { anything, peer, slowly, standard, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { INTERNALS, type Route } from '../handshake/route.ts'
import { raw } from '../raw.ts'
import type { Snapshot } from '../runtime/port.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { connect } from '../testing/connect.ts'
import { newSnapshot } from './state.ts'

const heard = everyEvent()

const number = standard((value) =>
  typeof value === 'number' ? { value } : { issues: [{ message: 'expected a number' }] },
)
const talk = contract({
  messages: { do: anything, slow: slowly },
  requests: {
    ask: { input: anything, output: anything },
    add: { input: number, output: anything },
    list: { input: anything, item: anything },
  },
  events: { said: anything },
})

function acting(act: (c: any) => unknown, more: object = {}) {
  const requests = { ask: act, add: act, list: act }
  return socket(talk, { messages: { do: act, slow: act }, requests, ...more } as never)
}

describe('the life of a connection', () => {
  test('is told in order, with sizes in bytes and the path as the app has it', async () => {
    const clock = new TestClock()
    const app = new Hono().get(
      '/chat/:room',
      acting((c) => c.data),
    )
    const client = await connect(app, '/chat/lobby?secret=1', { clock })
    await turn()
    clock.advance(1500)
    client.send('{"type":"ask","id":1,"data":"é"}')
    expect(await client.next()).toEqual({ id: 1, data: 'é' })
    client.close(4321)
    await turn()
    const route = '/chat/:room'
    expect(heard()).toEqual([
      { type: 'granted', route },
      { type: 'open', route },
      { type: 'received', route, sizeBytes: 33 },
      { type: 'handled', route, name: 'ask', kind: 'request', code: 'ok', durationMs: 0 },
      { type: 'sent', route, count: 1, sizeBytes: 20 },
      { type: 'close', route, code: 4321, own: false, wasClean: true, durationMs: 1500 },
    ])
  })

  test('of a raw socket is told too, with what its handlers do not catch', async () => {
    const failure = new Error('a bug')
    const at = raw({
      message(c, data) {
        c.send(data)
        throw failure
      },
    })
    const client = await peer(at)
    client.say(new Uint8Array(5))
    await turn()
    const route = '/'
    expect(heard()).toEqual([
      { type: 'granted', route },
      { type: 'open', route },
      { type: 'received', route, sizeBytes: 5 },
      { type: 'sent', route, count: 1, sizeBytes: 5 },
      { type: 'error', route, error: failure, where: 'message' },
      { type: 'close', route, code: 1011, own: true, wasClean: true, durationMs: 0 },
    ])
  })

  test.each([
    ['a close of ours', 'close', { code: 4300, own: true, wasClean: true }],
    ['a client that has vanished', 'vanish', { code: 1006, own: false, wasClean: false }],
    ['an exception in open', 'open', { code: 1011, own: true, wasClean: true }],
    ['a refusal in open', 'refuse', { code: 4003, own: true, wasClean: true }],
  ])('ends once: %s', async (_, how, end) => {
    const open = (): void => {
      if (how === 'open') throw new Error('a bug')
      if (how === 'refuse') throw new SocketError('forbidden')
    }
    const client = await peer(acting((c) => c.close(4300), { open }))
    if (how === 'close') client.say({ type: 'do' })
    if (how === 'vanish') client.socket.close(1006)
    await turn()
    client.socket.close(1000)
    await turn()
    expect(heard('open', 'close')).toEqual([
      { type: 'open', route: '/' },
      { type: 'close', route: '/', ...end, durationMs: 0 },
    ])
  })

  test.each([
    ['a client that has fallen silent', 4201, false, (c: any) => c.silent()],
    ['a server that ends', 1001, false, (c: any) => c.abandon()],
    ['a drain', 1012, true, (c: any) => c.drain([0, 1], true)],
  ])('tells who ended it: %s', (_, code, wasClean, end) => {
    const { c, transport } = accepted()
    c.open()
    end(c)
    if (wasClean) c.lost(code, '')
    transport.close()
    c.lost(1006, '')
    expect(heard('close')).toEqual([
      { type: 'close', route: '/made', code, own: true, wasClean, durationMs: 0 },
    ])
  })

  test('whose peer does not answer a Close ends after five seconds', () => {
    const { c, clock } = accepted()
    c.open()
    c.close(4300)
    clock.advance(6000)
    expect(heard('close')).toEqual([
      {
        ...{ type: 'close', route: '/made', code: 4300, own: true },
        ...{ wasClean: false, durationMs: 5000 },
      },
    ])
  })

  test('that reads too slowly ends by one event, and what could not be sent is not told', () => {
    const { c } = accepted({ send: () => false, bufferedAmount: 2_000_000 })
    c.open()
    c.send('said', 1)
    c.send('said', 2)
    c.lost(1006, '')
    const of = { route: '/made' }
    expect(heard()).toEqual([
      { type: 'open', ...of },
      { type: 'slow', ...of, waitingBytes: 2_000_000 },
      { type: 'close', ...of, code: 4202, own: true, wasClean: false, durationMs: 0 },
    ])
  })

  test('that slept in between is told as one, with all its time', () => {
    const clock = new TestClock()
    const { c, snapshot } = accepted({}, clock)
    c.open()
    clock.advance(60_000)
    const woken = accepted({}, clock, JSON.parse(JSON.stringify(snapshot))).c
    woken.resume()
    woken.lost(1000, '')
    expect(heard()).toEqual([
      { type: 'open', route: '/made' },
      {
        ...{ type: 'close', route: '/made', code: 1000, own: false },
        ...{ wasClean: true, durationMs: 60_000 },
      },
    ])
  })
})

describe('what was said', () => {
  /** How each frame ends. */
  async function ends(act: (c: any) => unknown, ...frames: unknown[]): Promise<unknown[]> {
    const client = await peer(acting(act))
    client.say(...frames)
    await turn()
    return heard('handled').map(({ name, kind, code, durationMs }) => [
      name,
      kind,
      code,
      durationMs,
    ])
  }

  test('ends once, with its name, kind and code', async () => {
    expect(
      await ends(
        (c) => c.data,
        { type: 'do' },
        { type: 'ask', id: 1 },
        { type: 'add', id: 2, data: 'two' },
        { type: 'list', id: 3, data: [1, 2] },
      ),
    ).toEqual([
      ['do', 'message', 'ok', 0],
      ['ask', 'request', 'ok', 0],
      ['add', 'request', 'invalid', 0],
      ['list', 'stream', 'ok', 0],
    ])
  })

  test('ends with the code that its handler threw', async () => {
    const act = (c: any): never => {
      throw c.data === 'bug' ? new Error('a bug') : new SocketError(c.data)
    }
    expect(
      await ends(
        act,
        { type: 'do', data: 'conflict' },
        { type: 'ask', id: 1, data: 'not_found' },
        { type: 'ask', id: 2, data: 'bug' },
        { type: 'list', id: 3, data: 'own_code' },
      ),
    ).toEqual([
      ['do', 'message', 'conflict', 0],
      ['ask', 'request', 'not_found', 0],
      ['ask', 'request', 'internal', 0],
      ['list', 'stream', 'own_code', 0],
    ])
  })

  test('has no name and no duration where nobody knows it: a client may call it anything', async () => {
    expect(
      await ends(
        () => {},
        'nonsense',
        { type: 'mine' },
        { type: 'do', id: 1 },
        { type: 'ask' },
        { id: 2 },
        [],
        { type: 'mine', id: 1 },
      ),
    ).toEqual([
      ['', 'message', 'bad_frame', undefined],
      ['', 'message', 'unknown', undefined],
      ['', 'request', 'unknown', undefined],
      ['', 'message', 'unknown', undefined],
      ['', 'request', 'bad_frame', undefined],
      ['', 'message', 'bad_frame', undefined],
      ['', 'message', 'bad_frame', undefined],
    ])
  })

  test('has its name where it is too much', async () => {
    const ask = (id: number): object => ({ type: 'ask', id })
    const requests = Array.from({ length: 33 }, (_, i) => ask(i + 1))
    const all = await ends(() => new Promise(() => {}), ...requests)
    expect(all).toEqual([['ask', 'request', 'overloaded', undefined]])
  })

  test('lasts until its handler has settled, a stream until its last item', async () => {
    const clock = new TestClock()
    const after = (ms: number): Promise<void> => new Promise((done) => clock.after(ms, done))
    const act = async (c: any): Promise<unknown> => {
      await after(c.data)
      return c.data
    }
    async function* list(): AsyncGenerator<number> {
      yield 1
      await after(300)
      yield 2
    }
    const requests = { ask: act, add: act, list }
    const client = await peer(acting(act, { requests }), { clock })
    client.say(
      { type: 'do', data: 100 },
      { type: 'ask', id: 1, data: 200 },
      { type: 'list', id: 2 },
    )
    await turn()
    for (let i = 0; i < 4; i++) {
      clock.advance(100)
      await turn()
    }
    expect(heard('handled')).toMatchObject([
      { name: 'do', durationMs: 100 },
      { name: 'ask', durationMs: 200 },
      { name: 'list', durationMs: 300 },
    ])
  })

  test('that is cut short ends once: canceled, too late, or lost with its connection', async () => {
    const clock = new TestClock()
    const client = await peer(
      acting(() => new Promise(() => {})),
      { clock },
    )
    client.say({ type: 'ask', id: 1 }, { type: '$cancel', id: 1 })
    client.say({ type: 'ask', id: 2, timeout: 500 }, { type: 'do' })
    await turn()
    clock.advance(700)
    client.say({ type: 'list', id: 3 }, { type: 'ask', id: 4 })
    await turn()
    client.socket.close(1006)
    await turn()
    expect(heard('handled').map(({ name, code }) => [name, code])).toEqual([
      ['ask', 'canceled'],
      ['ask', 'timeout'],
      ['do', 'lost'],
      ['list', 'lost'],
      ['ask', 'lost'],
    ])
  })

  test('and was being validated when its connection was ended is lost', async () => {
    const gate = Promise.withResolvers<{ value: unknown }>()
    const gated = contract({ messages: { wait: standard(() => gate.promise) } })
    let connection: any
    const open = (c: unknown): void => void (connection = c)
    const client = await peer(socket(gated, { open, messages: { wait: () => {} } } as never))
    client.say({ type: 'wait' })
    await turn()
    connection.close(4300)
    gate.resolve({ value: 1 })
    await turn()
    expect(heard('handled')).toMatchObject([{ name: 'wait', kind: 'message', code: 'lost' }])
  })
})

/** The core's side of a socket that does nothing by itself. */
function accepted(more: object = {}, clock = new TestClock(), stored?: Snapshot) {
  const transport = {
    ...{ timers: clock, limits: { maxMessageBytes: 100, maxQueueBytes: 100 } },
    ...{ bufferedAmount: 0, send: () => true, close() {} },
    ...more,
  }
  const at = acting(() => {}) as unknown as { [INTERNALS]: { route: Route } }
  const snapshot = stored ?? newSnapshot({}, '', undefined, '/made')
  const c = at[INTERNALS].route.endpoint.accept(transport, snapshot, {}) as any
  return { c, clock, transport, snapshot }
}

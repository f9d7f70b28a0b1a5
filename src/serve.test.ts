import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { anything, turn } from '../test/support/peer.ts'
import { contract } from './contract.ts'
import { capacity } from './handshake/capacity.ts'
import { observe } from './observe.ts'
import type { Admitted, App } from './handshake/admit.ts'
import type { Receiver, Transport } from './runtime/port.ts'
import { type Listener, Sockets, wireLimits } from './serve.ts'
import { socket } from './socket.ts'
import { TestClock } from './testing/clock.ts'

const echo = socket(contract({ requests: { ask: { input: anything, output: anything } } }), {
  requests: { ask: (c) => c.data },
})

/** What a client sees of its connection. */
interface Seen {
  readonly receiver: Receiver
  readonly sent: unknown[]
}

/** A server on a runtime that the test plays. Clients answer a Close at once, unless they stall. */
function server(app: App = new Hono().get('/', echo), { stalls = false, coming = 0 } = {}) {
  const clock = new TestClock()
  const opening = { size: coming }
  const limits = wireLimits({})
  const sockets = new Sockets(limits, clock, opening)
  const steps: string[] = []
  const accept = ({ upgrade }: Admitted): Seen => {
    const sent: unknown[] = []
    const transport = {
      timers: clock,
      limits,
      bufferedAmount: 0,
      send: (data: string) => sent.push(JSON.parse(data)) > 0,
      close(code: number) {
        sent.push(code)
        if (!stalls) queueMicrotask(() => receiver.lost(code, ''))
      },
      terminate: () => void sent.push('terminated'),
    }
    const receiver = upgrade.endpoint.accept(
      transport as unknown as Transport,
      upgrade.snapshot,
      {},
    )
    receiver.ended = upgrade.ended
    receiver.open()
    return { receiver, sent }
  }
  const ask = (): Promise<Seen | Response> => sockets.admit(app, handshake(), {}, accept)
  return {
    clock,
    opening,
    sockets,
    steps,
    ask,
    admitted: async () => {
      const outcome = await ask()
      if (outcome instanceof Response) throw new Error(`refused with ${outcome.status}`)
      return outcome
    },
    /** Ends it, and tells when it had. */
    close(drainMs?: number, listener: Listener = {}) {
      const noted: Listener = {
        stop: () => void steps.push('stop'),
        get busy() {
          return listener.busy ?? false
        },
        cut: () => void steps.push('cut'),
      }
      const ended: { at?: number } = {}
      const how = drainMs === undefined ? {} : { drainMs }
      void sockets.close(how, noted).then(() => (ended.at = clock.now()))
      return ended
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

function handshake(): Request {
  const headers = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
  }
  return new Request('http://localhost/', { headers })
}

const bye = { type: '$bye', code: 'restart', retry: [500, 1002] }

async function answerOf(outcome: Seen | Response): Promise<unknown> {
  if (!(outcome instanceof Response)) return 'accepted'
  const { status, headers } = outcome
  return [status, headers.get('Retry-After'), headers.get('Connection'), await outcome.text()]
}
const refused = [503, '1', 'close', 'This server is about to end\n']

describe('a server that ends in order', () => {
  test('drains its sockets, stops to listen, and then cuts off', async () => {
    const { admitted, close, steps, pass } = server()
    const { sent } = await admitted()
    const ended = close(2000)
    await pass(100)
    expect(sent).toEqual([bye, 1012])
    expect([steps, ended.at]).toEqual([['stop', 'cut'], 50])
  })

  test('answers new handshakes with 503, and observers hear of it', async () => {
    const { ask, close } = server()
    const events: unknown[] = []
    const stop = observe({ refused: (event) => events.push(event) })
    void close(2000)
    expect(await answerOf(await ask())).toEqual(refused)
    stop()
    const why = 'This server is about to end'
    expect(events).toEqual([{ type: 'refused', status: 503, why, route: '/' }])
  })

  test('is all that observers hear of, whatever the app has to say later', async () => {
    const gate = Promise.withResolvers<void>()
    const app = new Hono()
      .use(async (c) => {
        await gate.promise
        return c.text('who are you?', 401)
      })
      .get('/', echo)
    const events: unknown[] = []
    const stop = observe({ refused: ({ status }) => events.push(status) })
    const { ask, close } = server(app)
    const asked = ask()
    await turn()
    void close(2000)
    expect(await answerOf(await asked)).toEqual(refused)
    gate.resolve()
    await turn()
    stop()
    expect(events).toEqual([503])
  })

  test('does not wait for a handshake that thinks, and takes nothing for it', async () => {
    const gate = Promise.withResolvers<void>()
    let held = 0
    const app = new Hono()
      .use(capacity({ max: 1 }))
      .use(async (_, next) => {
        held++
        await gate.promise
        await next()
      })
      .get('/', echo)
    const first = server(app)
    const asked = first.ask()
    await turn()
    expect(held).toBe(1)
    const ended = first.close(2000)
    expect(await answerOf(await asked)).toEqual(refused)
    await first.pass(0)
    expect([first.steps, ended.at]).toEqual([['stop', 'cut'], 0])
    gate.resolve()
    await turn()
    expect(first.sockets.live).toEqual([])
    // Its place is free again.
    expect(await answerOf(await server(app).ask())).toBe('accepted')
  })

  test('waits for a socket that is opening, and drains it', async () => {
    const { admitted, opening, close, pass, steps } = server(undefined, { coming: 1 })
    const asked = admitted()
    await turn()
    const ended = close(2000)
    await pass(300)
    expect([steps, ended.at]).toEqual([[], undefined])
    opening.size = 0
    await pass(100)
    expect((await asked).sent).toEqual([bye, 1012])
    expect([steps, ended.at]).toEqual([['stop', 'cut'], 350])
  })

  test('lets answers finish, until its time is over', async () => {
    const { close, pass, steps } = server()
    const listener = { busy: true }
    const ended = close(2000, listener)
    await pass(1000)
    expect([steps, ended.at]).toEqual([['stop'], undefined])
    listener.busy = false
    await pass(100)
    expect([steps, ended.at]).toEqual([['stop', 'cut'], 1050])

    const endless = server()
    const late = endless.close(2000, { busy: true })
    await endless.pass(2100)
    expect([endless.steps, late.at]).toEqual([['stop', 'cut'], 2000])
  })

  test('does not wait longer for clients who do not answer', async () => {
    const { admitted, close, pass, steps } = server(undefined, { stalls: true })
    const { sent, receiver } = await admitted()
    const ended = close(2000)
    await pass(2100)
    expect(sent).toEqual([bye, 1012, 'terminated'])
    expect([steps, ended.at, receiver.gone]).toEqual([['stop', 'cut'], 2000, true])
  })

  test('may be hurried', async () => {
    const { admitted, close, pass, steps } = server(undefined, { stalls: true })
    const { sent } = await admitted()
    const slow = close(60_000)
    await pass(100)
    const ended = close()
    await pass(0)
    expect(sent).toEqual([bye, 1012, 'terminated'])
    expect([steps, ended.at]).toEqual([['cut'], 100])
    await pass(50)
    expect([steps, slow.at]).toEqual([['cut', 'stop', 'cut'], 150])
  })
})

describe('a server that ends at once', () => {
  test('closes with 1001, waits for nobody, and runs the close handlers', async () => {
    const ends: unknown[] = []
    const at = socket(contract({}), { close: (_, info) => void ends.push(info) })
    const { admitted, close, steps } = server(new Hono().get('/', at), { stalls: true })
    const { sent } = await admitted()
    const ended = close(undefined, { busy: true })
    await turn()
    expect(sent).toEqual([1001, 'terminated'])
    expect(ends).toEqual([{ code: 1001, reason: 'going away', wasClean: false }])
    expect([steps, ended.at]).toEqual([['cut'], 0])
  })

  test('takes no more handshakes, and none that is thinking', async () => {
    const { ask, close } = server()
    const asked = ask()
    void close()
    expect(await answerOf(await asked)).toEqual(refused)
    expect(await answerOf(await ask())).toEqual(refused)
  })
})

test('of several servers of an app only one ends', async () => {
  const app = new Hono().get('/', echo)
  const [one, other] = [server(app), server(app)]
  const [ends, stays] = [await one.admitted(), await other.admitted()]
  void one.close(2000)
  await one.pass(50)
  expect([ends.sent, stays.sent]).toEqual([[bye, 1012], []])
  expect(await answerOf(await other.ask())).toBe('accepted')
})

test.each([-1, 0.5, NaN, Infinity])(
  'a time of %f is refused, and nothing ends',
  async (drainMs) => {
    const { sockets, ask } = server()
    await expect(sockets.close({ drainMs })).rejects.toThrow(
      `Cannot set drainMs to ${drainMs}: use a whole number from 1`,
    )
    expect(await answerOf(await ask())).toBe('accepted')
  },
)

test('an app that throws what is no error leaves nothing behind', async () => {
  const { ask, close, pass, steps } = server({
    fetch: () => Promise.reject('a string') as never,
  })
  expect(((await ask()) as Response).status).toBe(500)
  void close(2000)
  await pass(0)
  expect(steps).toEqual(['stop', 'cut'])
})

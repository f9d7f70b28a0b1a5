import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { anything, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { credential } from '../handshake/credential.ts'
import type { App } from '../handshake/admit.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { connect } from '../testing/connect.ts'
import { channels } from './channels.ts'
import { bearer, firstFrame } from './credential.ts'
import type { Dial } from './line.ts'
import { Socket, type SocketOptions } from './socket.ts'
import { stream } from './streams.ts'

const place = contract({
  messages: { hello: anything },
  requests: {
    say: { input: anything, output: anything },
    refuse: { input: anything, output: anything },
    wait: { input: anything, output: anything },
    count: { input: anything, item: anything },
    end: { input: anything, output: anything },
  },
  events: { greeting: anything },
  channels: {
    'room/:room': { events: { said: anything } },
    'log/:log': { events: { said: anything }, history: { size: 3 }, presence: anything },
  },
})

const cancelled: string[] = []

const at = socket(place, {
  messages: { hello: (c) => c.send('greeting', `Hello, ${c.data}`) },
  requests: {
    say(c) {
      void c.channel('room/:room', { room: '1' }).publish('said', c.data)
      void c.channel('log/:log', { log: '1' }).publish('said', c.data)
      return c.data
    },
    refuse() {
      throw new SocketError('conflict', 'not now', { retryAfterMs: 5 })
    },
    wait: (c) =>
      new Promise(() => c.signal.addEventListener('abort', () => cancelled.push('wait'))),
    async *count(c) {
      for (let n = 0; n < c.data; n++) yield n
    },
    end: (c) => c.close(4300, 'as asked'),
  },
  channels: {
    'room/:room': { join: (_, { room }) => room === '1' },
    'log/:log': { join: () => true, presence: (c) => c.id },
  },
})

/** Sockets on an app in memory. */
function dialling(app: App, clock: TestClock): Dial {
  return (url, protocols, events) => {
    const opened = connect(app, new URL(url).pathname, { protocols, clock })
    void opened.then(async (socket) => {
      const { headers, status } = socket.response
      if (status === 101) events.open(headers.get('sec-websocket-protocol') ?? '')
      for (;;) {
        const frame = await socket.next().catch(() => undefined)
        if (frame === undefined) break
        events.message(typeof frame === 'string' ? frame : JSON.stringify(frame))
      }
      const { code, reason } = await socket.closed
      events.close(code, reason)
    })
    return {
      bufferedAmount: 0,
      send: (text) => void opened.then((socket) => socket.send(text)),
      close: (code, reason) => void opened.then((socket) => socket.close(code, reason)),
    }
  }
}

function client(app: App, options: SocketOptions = {}): { socket: Socket; clock: TestClock } {
  const clock = new TestClock()
  return {
    clock,
    socket: new Socket('ws://localhost/', options, { dial: dialling(app, clock), timers: clock }),
  }
}

/** So many seconds, in each of which what can happen does. */
async function passes(clock: TestClock, seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    await turn()
    clock.advance(1000)
  }
  await turn()
}

const app = new Hono().get('/', at)

describe('on a server of this library', () => {
  test('messages, events, requests and errors', async () => {
    const { socket } = client(app)
    const greetings: unknown[] = []
    const errors: unknown[] = []
    socket.on('greeting', (text) => greetings.push(text))
    socket.onError((error) => errors.push(error.code))
    socket.send('hello', 'Ann')
    socket.send('shout', 'Ann')
    expect(await socket.request('say', { text: 'hi' })).toEqual({ text: 'hi' })
    expect([greetings, errors, socket.status]).toEqual([['Hello, Ann'], ['unknown'], 'open'])
    await expect(socket.request('refuse')).rejects.toMatchObject({
      code: 'conflict',
      retryAfterMs: 5,
    })
    await expect(socket.request('sing')).rejects.toMatchObject({ code: 'unknown' })
  })

  test('a stream longer than its credit', async () => {
    const { socket } = client(app)
    const items: unknown[] = []
    for await (const item of stream(socket, 'count', 100)) items.push(item)
    expect(items).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  test('what is aborted is cancelled there', async () => {
    const { socket } = client(app)
    const control = new AbortController()
    const answer = socket.request('wait', 0, { signal: control.signal })
    await turn()
    control.abort()
    await expect(answer).rejects.toMatchObject({ code: 'aborted' })
    await turn()
    expect(cancelled).toEqual(['wait'])
  })

  test('channels, over the loss of a connection', async () => {
    const { clock, socket } = client(app)
    const { join } = channels(socket)
    const channel = join('room/1')
    const heard: unknown[] = []
    channel.on('said', (data) => heard.push(data))
    channel.onStatus((status) => heard.push(status))
    const refused = join('room/2')
    await socket.request('say', 'a')
    await expect(socket.request('end')).rejects.toMatchObject({ code: 'connection_lost' })
    await turn()
    clock.advance(750)
    await turn()
    await socket.request('say', 'b')
    expect(heard).toEqual(['joined', 'a', 'joining', 'joined', 'b'])
    expect(refused.status).toBe('left')
    await channel.leave()
    await socket.request('say', 'c')
    expect(heard.at(-1)).toBe('left')
  })

  test.each([
    ['may ask as well', true, ['joined', 'joining', 'joined', 'b']],
    ['must not ask', false, ['joined', 'joining', 'joined', 'reset lost']],
  ] as const)('a channel that the server puts clients on, which %s', async (_, mayAsk, heard) => {
    const log = contract({
      requests: {
        say: { input: anything, output: anything },
        end: { input: anything, output: anything },
      },
      channels: { log: { events: { said: anything }, history: { size: 3 } } },
    })
    const route = socket(log, {
      open: (c) => void c.join('log', {}),
      requests: {
        say: (c) =>
          c
            .channel('log', {})
            .publish('said', c.data)
            .then(() => null),
        end: (c) => c.close(4300, 'as asked'),
      },
      channels: { log: { join: () => mayAsk } },
    })
    const its = new Hono().get('/', route)
    const [reader, writer] = [client(its), client(its)]
    const channel = channels(reader.socket).join('log')
    const told: unknown[] = []
    channel.on('said', (data) => told.push(data))
    channel.onReset((reason) => told.push(`reset ${reason}`))
    channel.onStatus((status) => told.push(status))
    await turn()
    await reader.socket.request('end').catch(() => {})
    await writer.socket.request('say', 'b')
    reader.clock.advance(750)
    await turn()
    expect(told).toEqual(heard)
    await writer.socket.request('say', 'c')
    expect(told).toEqual([...heard, 'c'])
  })

  test('a channel with history, over losses that are short and long', async () => {
    const [reader, writer] = [client(app), client(app)]
    const channel = channels(reader.socket).join('log/1')
    const heard: unknown[] = []
    channel.on('said', (data) => heard.push(data))
    channel.onReset((reason) => heard.push(reason))
    await writer.socket.request('say', 1)
    await turn()
    for (const said of [[2, 3], [4, 5, 6, 7], [8]]) {
      await reader.socket.request('end').catch(() => {})
      for (const data of said) await writer.socket.request('say', data)
      await passes(reader.clock, 20)
    }
    expect(heard).toEqual([1, 2, 3, 'evicted', 8])
    expect([...channel.presence.members.keys()]).toEqual([channel.presence.self])
  })

  test('a quiet connection stays', async () => {
    const { clock, socket } = client(app)
    await passes(clock, 300)
    expect(socket.status).toBe('open')
  })

  test('closed by the client is closed there', async () => {
    const { socket } = client(app)
    await socket.request('say', 1)
    socket.close()
    await turn()
    expect(socket.status).toBe('closed')
  })

  test.each([
    ['subprotocol', bearer],
    ['frame', firstFrame],
  ] as const)('a credential by %s', async (place, by) => {
    const guarded = new Hono()
      .use(
        credential({
          from: [place],
          verify: (token) => (token === 'ann' ? { value: { user: 'ann' } } : null),
          key: () => 'one',
        }),
      )
      .get('/', at)
    const { socket } = client(guarded, { credential: by(() => 'ann') })
    expect(await socket.request('say', 'hi')).toBe('hi')
  })
})

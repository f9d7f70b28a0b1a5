import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { setCookie } from 'hono/cookie'
import { describe, expect, test } from 'vitest'
import { anything, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { capacity, credential, memoryTickets, origin, ticket, tickets } from '../handshake.ts'
import { idleTimeout, maxAge } from '../heartbeat.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { connect } from '../testing/connect.ts'
import { type EventsOptions, events } from '../testing/events.ts'

const talk = contract({
  messages: { note: anything },
  channels: {
    'room/:room': { events: { said: anything }, history: { size: 10 } },
    'quiet/:room': { events: { said: anything } },
    'secret/:room': { events: { said: anything } },
  },
})

function make(channel: 'room/:room' | 'quiet/:room' | 'secret/:room' = 'room/:room') {
  const log: string[] = []
  const room = socket(talk, {
    events: channel,
    state: (c) => {
      log.push('state')
      return { user: c.req.query('user') ?? '' }
    },
    open: () => void log.push('open'),
    close: () => void log.push('close'),
    messages: { note: () => {} },
    channels: {
      'room/:room': { join: (c) => c.state.user !== 'bob' },
      'quiet/:room': { join: () => true },
    },
  })
  return { room, log }
}

/** A client that reads when it is asked. */
async function read(app: Hono<any>, path: string, options: EventsOptions = {}) {
  const clock = new TestClock()
  const response = await events(app, path, { clock, ...options })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let pending: Promise<{ value?: string | undefined; done: boolean }> | undefined
  let ended = false
  /** All that has come, once nothing moves any more. */
  const heard = async (): Promise<string> => {
    let text = ''
    while (!ended) {
      pending ??= reader!.read() as never
      const next = await Promise.race([pending, turn().then(turn)])
      if (!next) return text
      pending = undefined
      ended = next!.done
      text += next!.value ?? ''
    }
    return text
  }
  return { response, clock, heard, ended: () => ended, leave: () => reader?.cancel() }
}

const HELLO = ': ok\nretry: 2000\n\n'

describe('a channel with history', () => {
  test('is read as it is published to, with a number on each', async () => {
    const { room, log } = make()
    const app = new Hono().get('/:room', room)
    const ann = await read(app, '/lobby')
    expect(ann.response.status).toBe(200)
    expect(Object.fromEntries(ann.response.headers)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const [, id = ''] = /^id: (.*):0\n\n$/m.exec((await ann.heard()).slice(HELLO.length)) ?? []
    expect(id).not.toBe('')
    const at = room.in({} as never).channel('room/:room', { room: 'lobby' })
    await at.publish('said', 'one')
    await at.publish('said', { two: 2 })
    await room
      .in({} as never)
      .channel('room/:room', { room: 'other' })
      .publish('said', 'no')
    expect(await ann.heard()).toBe(
      `id: ${id}:1\nevent: said\ndata: "one"\n\nid: ${id}:2\nevent: said\ndata: {"two":2}\n\n`,
    )
    expect(log).toEqual(['state'])
    await ann.leave()
    await turn()
    expect(log).toEqual(['state'])
  })

  test('loses nothing for who comes back, and says where it is', async () => {
    const { room } = make()
    const app = new Hono().get('/:room', room)
    const at = room.in({} as never).channel('room/:room', { room: 'lobby' })
    await at.publish('said', 0)
    const first = await read(app, '/lobby')
    const [, id = ''] = /id: (\S+)\n\n$/.exec(await first.heard()) ?? []
    const epoch = id.replace(/:1$/, '')
    await first.leave()
    await at.publish('said', 1)
    await at.publish('said', 2)
    const missed = `${HELLO}id: ${epoch}:2\nevent: said\ndata: 1\n\nid: ${epoch}:3\nevent: said\ndata: 2\n\nid: ${epoch}:3\n\n`
    const headers = { 'Last-Event-ID': id }
    expect(await (await read(app, '/lobby', { headers })).heard()).toBe(missed)
    expect(await (await read(app, `/lobby?lastEventId=${id}`)).heard()).toBe(missed)
    // The header is newer than the address.
    expect(await (await read(app, `/lobby?lastEventId=x&last=1`, { headers })).heard()).toBe(missed)
    expect(await (await read(app, '/lobby?last=2')).heard()).toBe(missed)
    expect(await (await read(app, '/lobby?last=0')).heard()).toBe(`${HELLO}id: ${epoch}:3\n\n`)
  })

  test.each(['other:1', 'nonsense', ':'])('begins anew for who had %s last', async (id) => {
    const { room } = make()
    const app = new Hono().get('/:room', room)
    await room
      .in({} as never)
      .channel('room/:room', { room: 'lobby' })
      .publish('said', 0)
    const headers = { 'Last-Event-ID': id }
    expect(await (await read(app, '/lobby', { headers })).heard()).toMatch(
      /^: ok\nretry: 2000\n\nid: \S+:1\nevent: \$reset\ndata: \{"reason":"epoch"\}\n\n$/,
    )
  })

  test('lets go of who reads too slowly, and it comes back for the rest', async () => {
    const { room } = make()
    const app = new Hono().get('/:room', room)
    const clock = new TestClock()
    const response = await events(app, '/lobby', { clock, maxQueueBytes: 8000 })
    const at = room.in({} as never).channel('room/:room', { room: 'lobby' })
    for (let i = 0; i < 9; i++) await at.publish('said', 'x'.repeat(1000))
    const text = await response.text()
    const seen = text.match(/^event: said$/gm)?.length ?? 0
    expect(seen).toBeGreaterThan(0)
    expect(seen).toBeLessThan(9)
    const id = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? ''
    const rest = await read(app, '/lobby', { headers: { 'Last-Event-ID': id } })
    expect((await rest.heard()).match(/^event: said$/gm)?.length).toBe(9 - seen)
  })
})

describe('a channel without history', () => {
  test('has no numbers', async () => {
    const { room } = make('quiet/:room')
    const ann = await read(new Hono().get('/:room', room), '/a')
    expect(await ann.heard()).toBe(HELLO)
    await room
      .in({} as never)
      .channel('quiet/:room', { room: 'a' })
      .publish('said', 1)
    expect(await ann.heard()).toBe('event: said\ndata: 1\n\n')
  })

  test('closes who reads too slowly', async () => {
    const { room } = make('quiet/:room')
    const clock = new TestClock()
    const app = new Hono().get('/:room', room)
    const response = await events(app, '/a', { clock, maxQueueBytes: 8000 })
    const at = room.in({} as never).channel('quiet/:room', { room: 'a' })
    for (let i = 0; i < 50; i++) await at.publish('said', 'x'.repeat(1000))
    expect((await response.text()).length).toBeLessThan(12_000)
  })
})

describe('who may read', () => {
  test('is decided by the rule of the channel', async () => {
    const app = new Hono().get('/:room', make().room)
    const bob = await events(app, '/lobby?user=bob')
    expect([bob.status, await bob.text()]).toEqual([403, 'not allowed to join\n'])
    const secret = await events(new Hono().get('/:room', make('secret/:room').room), '/lobby')
    expect(secret.status).toBe(403)
    const unfit = await events(app, `/${'x'.repeat(200)}`)
    expect(unfit.status).toBe(403)
  })

  test('asks for it: everything else is as it was', async () => {
    const app = new Hono().get('/:room', make().room, (c) => c.text('page'))
    for (const Accept of ['*/*', 'text/html', 'text/event-stream;q=0']) {
      expect(await (await events(app, '/a', { headers: { Accept } })).text()).toBe('page')
    }
    const off = new Hono().get('/:room', socket(talk, { messages: { note: () => {} } }) as never)
    expect((await events(off, '/a')).status).toBe(426)
    expect((await events(app, '/a', { method: 'POST' })).status).toBe(404)
  })

  test('is asked for a whole number', async () => {
    const app = new Hono().get('/:room', make().room)
    for (const last of ['x', '-1', '1.5', '']) {
      expect((await events(app, `/a?last=${last}`)).status).toBe(400)
    }
  })

  test('HEAD is answered as GET is, without a body', async () => {
    const app = new Hono().get('/:room', make().room)
    const head = await events(app, '/a', { method: 'HEAD' })
    expect([head.status, head.headers.get('content-type'), head.body]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      null,
    ])
    expect((await events(app, '/a?user=bob', { method: 'HEAD' })).status).toBe(403)
  })

  test('what is not set up well says so', async () => {
    expect(() => socket(talk, { events: 'nope' as never, messages: { note: () => {} } })).toThrow(
      'Cannot use channel "nope": the contract has no such channel',
    )
    const lines = contract({ channels: { a: { events: { 'a\nb': anything } } } })
    expect(() => socket(lines, { events: 'a' })).toThrow(
      'Cannot stream channel "a": give event "a\\nb" a name of one line',
    )
    const errors: unknown[] = []
    const app = new Hono().get('/chat/:id', make().room as never)
    app.onError((error, c) => {
      errors.push(error.message)
      return c.text('', 500)
    })
    expect((await events(app, '/chat/a')).status).toBe(500)
    expect(
      (await app.request('/chat/a', { headers: { Accept: 'text/event-stream' } })).status,
    ).toBe(500)
    expect(errors).toEqual([
      'Cannot stream channel "room/:room": the route "/chat/:id" has no parameter "room"',
      expect.stringContaining('Cannot upgrade: serve the app with serve()'),
    ])
  })
})

describe('what stands in front', () => {
  test('keeps its headers on the stream and on refusals', async () => {
    const app = new Hono()
      .use(
        cors({ origin: 'https://app.example', credentials: true }),
        origin('https://app.example'),
      )
      .use(async (c, next) => {
        setCookie(c, 'seen', '1')
        await next()
        c.header('x-late', '1')
      })
      .get('/:room', make().room)
    const headers = { Origin: 'https://app.example' }
    const response = await events(app, '/a', { headers })
    for (const answer of [response, await events(app, '/a?user=bob', { headers })]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example')
      expect(answer.headers.get('set-cookie')).toBe('seen=1; Path=/')
      expect(answer.headers.get('x-late')).toBe('1')
    }
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test('may refuse late: no stream is opened', async () => {
    const { room } = make()
    const app = new Hono()
      .use(async (c, next) => {
        await next()
        c.res = new Response('no', { status: 418 })
      })
      .get('/:room', room)
    expect((await events(app, '/a')).status).toBe(418)
    expect(await room.in({} as never).disconnect()).toBe(0)
  })

  test.each([
    [{}, 200],
    [{ Origin: 'http://localhost' }, 200],
    [{ Origin: 'https://evil.example' }, 403],
    [{ Cookie: 'a=b' }, 200],
    [{ Cookie: 'a=b', 'Sec-Fetch-Site': 'same-origin' }, 200],
    [{ Cookie: 'a=b', 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ 'Sec-Fetch-Site': 'same-site' }, 403],
  ] as [Record<string, string>, number][])('judges the origin: %o', async (headers, status) => {
    const app = new Hono().get('/:room', make().room)
    const response = await events(app, '/a', { headers })
    expect(response.status).toBe(status)
    await response.body?.cancel()
  })

  test('wants an origin, or a page of its own', async () => {
    const app = new Hono()
      .use(origin('https://a.example', { absent: 'refuse' }))
      .get('/:room', make().room)
    const status = async (headers: Record<string, string>) =>
      (await events(app, '/a', { headers })).status
    expect(await status({})).toBe(403)
    expect(await status({ 'Sec-Fetch-Site': 'same-origin' })).toBe(200)
    expect(await status({ Origin: 'https://a.example' })).toBe(200)
    expect(await status({ Origin: 'http://localhost' })).toBe(403)
  })

  test('wants a credential, and there is no frame for it', async () => {
    const verify = (token: string) => (token === 'ann' ? { user: 'ann' } : null)
    const app = new Hono()
      .use('/h/*', credential({ verify, refuse: 'close' }))
      .use('/f/*', credential({ verify, from: ['header', 'frame'] }))
      .get('/h/:room', make().room as never)
      .get('/f/:room', make().room as never)
    const headers = { Authorization: 'Bearer ann' }
    for (const path of ['/h/a', '/f/a']) {
      expect((await events(app, path)).status).toBe(401)
      expect((await events(app, path, { headers })).status).toBe(200)
      expect((await events(app, path, { headers: { Authorization: 'Bearer bob' } })).status).toBe(
        401,
      )
    }
  })

  test('takes a ticket once', async () => {
    const desk = tickets<{ user: string }>(memoryTickets())
    const seen: string[] = []
    const app = new Hono()
      .use('/chat/*', async (c, next) => {
        seen.push(c.req.url)
        await next()
      })
      .post('/ticket', async (c) =>
        c.text(await desk.issue(c, { path: '/chat/a', value: { user: 'ann' } })),
      )
      .use('/chat/*', ticket(desk))
      .get('/chat/:room', make().room as never)
    const name = await (await app.request('/ticket', { method: 'POST' })).text()
    expect((await events(app, `/chat/a?ticket=${name}`)).status).toBe(200)
    expect((await events(app, `/chat/a?ticket=${name}`)).status).toBe(401)
    expect(seen[0]).toBe('http://localhost/chat/a')
  })

  test('counts a stream until it ends', async () => {
    const app = new Hono().use(capacity({ max: 1 })).get('/:room', make().room)
    const ann = await read(app, '/a')
    expect((await events(app, '/a')).status).toBe(503)
    expect((await connect(app, '/a')).response.status).toBe(503)
    await ann.leave()
    await turn()
    expect((await events(app, '/a?user=bob')).status).toBe(403)
    const next = await read(app, '/a')
    expect(next.response.status).toBe(200)
  })

  test('counts nobody who never began to read', async () => {
    const app = new Hono().use(capacity({ max: 1 })).get('/:room', make().room)
    const clock = new TestClock()
    await events(app, '/a', { clock })
    expect((await events(app, '/a')).status).toBe(503)
    clock.advance(5000)
    await turn()
    expect((await events(app, '/a')).status).toBe(200)
  })
})

describe('how long it goes on', () => {
  test('there is a sign of life now and then, and who takes none is given up', async () => {
    const app = new Hono().get('/:room', make('quiet/:room').room)
    const ann = await read(app, '/a')
    await ann.heard()
    for (let i = 0; i < 5; i++) {
      ann.clock.advance(25_000)
      expect(await ann.heard()).toMatch(/^(:\n\n){1,2}$/)
    }
    ann.clock.advance(25_000)
    ann.clock.advance(25_000)
    ann.clock.advance(25_000)
    await ann.heard().catch(() => {})
    const errored = await ann.heard().then(
      () => ann.ended(),
      () => true,
    )
    expect(errored).toBe(true)
  })

  test('it does not idle, and grows old', async () => {
    const app = new Hono()
      .use(idleTimeout(1000), maxAge(60_000, { jitter: 0 }))
      .get('/:room', make('quiet/:room').room)
    const ann = await read(app, '/a')
    await ann.heard()
    for (let second = 0; second < 55; second += 5) {
      ann.clock.advance(5000)
      expect(await ann.heard()).toMatch(/^(:\n\n)*$/)
    }
    expect(ann.ended()).toBe(false)
    ann.clock.advance(5200)
    // Chance is a half, of up to a second.
    expect(await ann.heard()).toMatch(/^(:\n\n)*retry: 500\n\n$/)
    expect(ann.ended()).toBe(true)
  })

  test('it ends with its credential', async () => {
    const verify = () => ({ expiresInMs: 10_000 })
    const app = new Hono()
      .use(credential({ verify, graceMs: 1000 }))
      .get('/:room', make('quiet/:room').room as never)
    const ann = await read(app, '/a', { headers: { Authorization: 'Bearer x' } })
    await ann.heard()
    ann.clock.advance(11_100)
    expect(await ann.heard()).toMatch(
      /^(:\n\n)*event: \$close\ndata: \{"code":4101,"reason":"the credential has expired"\}\n\n$/,
    )
    expect(ann.ended()).toBe(true)
  })

  test('until it is taken off the channel, and may ask again', async () => {
    const { room } = make('quiet/:room')
    const ann = await read(new Hono().get('/:room', room), '/a')
    await ann.heard()
    expect(
      await room
        .in({} as never)
        .channel('quiet/:room', { room: 'a' })
        .revoke(),
    ).toBe(1)
    expect(await ann.heard()).toBe('event: $close\ndata: {"code":4003,"reason":"revoked"}\n\n')
    expect(ann.ended()).toBe(true)
  })

  test('until it is disconnected, and then it does not come back by itself', async () => {
    const { room } = make()
    const app = new Hono().get('/:room', room)
    const ann = await read(app, '/a')
    await ann.heard()
    expect(await room.in({} as never).disconnect()).toBe(1)
    expect(await ann.heard()).toBe(
      'id: $close\nevent: $close\ndata: {"code":4009,"reason":"disconnected"}\n\n',
    )
    expect(ann.ended()).toBe(true)
    const again = await events(app, '/a', { headers: { 'Last-Event-ID': '$close' } })
    expect([again.status, await again.text()]).toEqual([204, ''])
  })
})

import { type EventReader, readEvents, type StreamedEvent } from '../../raw/event-reader.ts'
import type { UpgradeOptions } from '../../raw/request.ts'
import { type Kit, type Scope, sleep } from '../kit.ts'

/** Channels read without a socket: by server-sent events, on the same route and under the same rules. */
export function serverSentEvents(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')
  const on = raw.given(kit.can.channels, 'a stream belongs to its own request here')

  on.test('who reads hears what is published, by number', async (it) => {
    const ann = await read(it, `/socket/${it.room}`)
    expect(ann.head.status).toBe(200)
    expect(ann.head.header('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(ann.head.header('cache-control')).toBe('no-store')
    expect(ann.head.header('x-accel-buffering')).toBe('no')
    const { retry, comments } = await ann.next()
    expect([Number(retry) >= 1000 && Number(retry) <= 3000, comments]).toEqual([true, 1])
    const { id = '' } = await ann.next()
    expect(id).toMatch(/^[^:]+:0$/)
    await say(it, 'a', 'b')
    const epoch = id.slice(0, -1)
    expect(await ann.next()).toEqual(said(`${epoch}1`, 'a'))
    expect(await ann.next()).toEqual(said(`${epoch}2`, 'b'))
  })

  on.test('who was cut off gets what it missed, and what follows', async (it) => {
    const ann = await read(it, `/socket/${it.room}`)
    await say(it, 'a')
    const { id = '' } = await ann.event()
    ann.wire.reset()
    await say(it, 'b', 'c')
    const epoch = id.slice(0, -1)
    const options = { headers: { 'last-event-id': id } }
    for (const again of [
      await read(it, `/socket/${it.room}`, options),
      await read(it, `/socket/${it.room}?lastEventId=${encodeURIComponent(id)}`),
      await read(it, `/socket/${it.room}?last=2`),
    ]) {
      expect(await again.event()).toEqual(said(`${epoch}2`, 'b'))
      expect(await again.event()).toEqual(said(`${epoch}3`, 'c'))
      expect(await again.next()).toEqual({ id: `${epoch}3` })
    }
    const live = await read(it, `/socket/${it.room}`, options)
    await say(it, 'd')
    const heard = [await live.event(), await live.event(), await live.event()]
    expect(heard.map(({ id }) => id)).toEqual([2, 3, 4].map((offset) => epoch + offset))
  })

  on.test('who comes from another history begins anew', async (it) => {
    await say(it, 'a')
    const ann = await read(it, `/socket/${it.room}`, { headers: { 'last-event-id': 'gone:7' } })
    const { event, data, id = '' } = await ann.event()
    expect([event, data, id.endsWith(':1')]).toEqual(['$reset', '{"reason":"epoch"}', true])
    await say(it, 'b')
    expect((await ann.event()).data).toBe('{"text":"b"}')
  })

  on.test('a socket and a reader hear the same', async (it) => {
    const [ann, bob] = [await read(it, `/socket/${it.room}`), await it.open()]
    bob.frame({ type: '$join', id: 1, channel: `kept/${it.room}` })
    const { data } = await bob.next()
    const [epoch] = data.position
    const texts = Array.from({ length: 50 }, (_, i) => `${i} "ü" \u2028 \n`)
    await say(it, ...texts)
    for (const [i, text] of texts.entries()) {
      expect(await ann.event()).toEqual(said(`${epoch}:${i + 1}`, text))
      expect((await bob.next()).data).toEqual({ text })
    }
  })

  on.test('only the rule of the channel admits', async (it) => {
    const { status, body } = await ask(it, `/socket/${it.room}?join=never`)
    expect([status, body]).toEqual([403, 'not allowed to join\n'])
    expect((await ask(it, `/socket/${it.room}?state=sync`)).status).toBe(500)
    expect((await ask(it, `/socket/${it.room}?last=x`)).status).toBe(400)
    expect(await it.trace()).toEqual(
      ['state', 'state', 'state'].slice(0, (await it.trace()).length),
    )
  })

  on.test('no handler of the socket runs', async (it) => {
    const ann = await read(it, `/socket/${it.room}`)
    await ann.next()
    ann.destroy()
    await sleep(300)
    expect(await it.trace()).toEqual(['state'])
  })

  on.test('HEAD is answered alike, without a body', async (it) => {
    const headers = { accept: 'text/event-stream' }
    const wire = await it.dial()
    const reader = await readEvents(wire, it.target.url, {
      ...{ method: 'HEAD', target: `/socket/${it.room}` },
      headers: { ...headers, connection: 'close' },
    })
    expect(reader.head.status).toBe(200)
    expect(reader.head.header('content-type')).toBe('text/event-stream; charset=utf-8')
    expect((await wire.rest(5_000)).length).toBe(0)
  })

  on.test('what middleware sets is on the stream, and a late refusal wins', async (it) => {
    const ann = await read(it, `/stack/${it.room}`, { headers: { origin: it.target.url } })
    expect(ann.head.header('x-before')).toBe('before')
    expect(ann.head.header('x-after')).toBe('after')
    expect(ann.head.header('set-cookie')).toMatch(/before=1.*after=2/)
    const heavy = await read(it, `/heavy/${it.room}`, { headers: { 'accept-encoding': 'gzip' } })
    expect((await heavy.next()).comments).toBe(1)
    for (const how of ['replace', 'return', 'refuse']) {
      expect((await ask(it, `/late/${how}/${it.room}`)).status).toBe(401)
    }
    expect((await read(it, `/late/rebuild/${it.room}`)).head.status).toBe(200)
  })

  on.test('pages of other origins read where they are allowed to', async (it) => {
    const origin = 'https://app.example'
    const ann = await read(it, `/elsewhere/${it.room}`, { headers: { origin } })
    expect(ann.head.status).toBe(200)
    expect(ann.head.header('access-control-allow-origin')).toBe(origin)
    const foreign = { headers: { origin: 'https://evil.example' } }
    expect((await ask(it, `/elsewhere/${it.room}`, foreign)).status).toBe(403)
    expect((await ask(it, `/socket/${it.room}`, foreign)).status).toBe(403)
    const quiet = { headers: { cookie: 'a=b', 'sec-fetch-site': 'cross-site' } }
    expect((await ask(it, `/socket/${it.room}`, quiet)).status).toBe(403)
    const own = { headers: { cookie: 'a=b', 'sec-fetch-site': 'same-origin' } }
    expect((await read(it, `/socket/${it.room}`, own)).head.status).toBe(200)
  })

  on.test('a credential is wanted, and watched over', async (it) => {
    const bearer = (token: string): UpgradeOptions => ({
      headers: { authorization: `Bearer ${token}` },
    })
    for (const path of ['bearer', 'bearer-close', 'frame']) {
      expect((await ask(it, `/${path}/${it.room}-${path}`)).status).toBe(401)
    }
    expect((await ask(it, `/bearer/${it.room}`, bearer('bad'))).status).toBe(401)
    const ann = await read(it, `/bearer/${it.room}`, bearer('ann.500'))
    expect(ann.head.status).toBe(200)
    const end = (await ann.rest(6_000)).at(-1)
    expect(end).toEqual({
      event: '$close',
      data: '{"code":4101,"reason":"the credential has expired"}',
    })
  })

  on.test('a ticket is good once', async (it) => {
    const { body } = await it.fetch(`/ticket/${it.room}`, { method: 'POST' })
    const path = `/ticketed/${it.room}?ticket=${body}`
    expect((await read(it, path)).head.status).toBe(200)
    expect((await ask(it, path)).status).toBe(401)
    expect((await it.trace(undefined, 0, `seen-${it.room}`)).join()).not.toContain(body)
  })

  on.test('a reader takes a place until it goes', async (it) => {
    const few = `/few/${it.room}`
    const ann = await read(it, few)
    await it.open(few)
    expect((await ask(it, few)).status).toBe(503)
    expect((await it.link(few)).status).toBe(503)
    await ann.next()
    ann.destroy()
    await say(it, 'who is there?')
    await until(async () => (await it.link(few)).status === 101)
  })

  on.test(
    'who is taken off the channel is told, and asked again when it comes back',
    async (it) => {
      const ann = await read(it, `/socket/${it.room}`)
      await ann.next()
      expect((await it.fetch(`/revoke/${it.room}`, { method: 'POST' })).body).toBe('1')
      const close = { event: '$close', data: '{"code":4003,"reason":"revoked"}' }
      expect((await ann.rest()).at(-1)).toEqual(close)
    },
  )

  on.test('who is disconnected is told, and stopped when it comes back', async (it) => {
    const ann = await read(it, `/socket/${it.room}`)
    await ann.next()
    expect((await it.fetch(`/disconnect/${it.room}`, { method: 'POST' })).body).toBe('1')
    const end = (await ann.rest()).at(-1)
    const data = '{"code":4009,"reason":"disconnected"}'
    expect(end).toEqual({ id: '$close', event: '$close', data })
    const headers = { 'last-event-id': '$close' }
    expect((await ask(it, `/socket/${it.room}`, { headers })).status).toBe(204)
  })

  on.test('a stream that is too old ends, and says when to come back', async (it) => {
    const ann = await read(it, `/brief/${it.room}`)
    const end = (await ann.rest(4_000)).at(-1)
    expect(Number(end?.retry)).toBeLessThanOrEqual(1000)
    expect(end?.event).toBeUndefined()
  })

  on.test('silence is broken by a comment now and then', async (it) => {
    const ann = await read(it, `/beats-fast/${it.room}`)
    await ann.next()
    await ann.next()
    for (let i = 0; i < 3; i++) expect(await ann.next()).toEqual({ comments: 1 })
  })

  on.test(
    'silence for long is no end',
    async (it) => {
      const ann = await read(it, `/socket/${it.room}`)
      await sleep(12_000)
      await say(it, 'still there?')
      expect((await ann.event()).data).toBe('{"text":"still there?"}')
    },
    20_000,
  )

  on.attack(
    'who does not read is let go, and comes back for the rest or begins anew',
    async (it) => {
      const ann = await read(it, `/socket/${it.room}`)
      await ann.next()
      const { id: first = '' } = await ann.next()
      ann.wire.pause()
      // No more at once than a client may be behind.
      for (let i = 0; i < 200; i++) {
        await say(it, ...Array.from({ length: 4 }, () => 'x'.repeat(15_000)))
      }
      await sleep(500)
      ann.wire.resume()
      const seen = await restOf(ann)
      expect(seen.length).toBeLessThan(800)
      const id = seen.findLast((each) => each.id)?.id ?? first
      const again = await read(it, `/socket/${it.room}`, { headers: { 'last-event-id': id } })
      expect((await again.event()).event).toMatch(/^(said|\$reset)$/)
    },
    40_000,
  )

  const plain = raw.given(!kit.can.channels, 'there are channels here')
  plain.test('without channels there is nothing to read', async (it) => {
    const { status, body } = await ask(it, `/socket/${it.room}`)
    expect(status).toBe(501)
    expect(body).toContain('durableSocket()')
  })

  raw.test('without asking for it everything is as it was', async (it) => {
    for (const accept of ['*/*', 'text/html', 'text/event-stream;q=0']) {
      const headers = { accept }
      expect((await it.fetch(`/page/${it.room}`, { headers })).body).toBe('<h1>a page</h1>')
      expect((await it.fetch(`/socket/${it.room}`, { headers })).status).toBe(426)
    }
    const headers = { accept: 'text/event-stream' }
    expect((await it.fetch('/health', { headers })).body).toBe('ok')
    expect((await it.fetch('/raw', { headers })).status).toBe(426)
  })
}

async function read(it: Scope, target: string, options: UpgradeOptions = {}): Promise<EventReader> {
  return readEvents(await it.dial(), it.target.url, { target, ...options })
}

/** For what is refused. */
function ask(
  it: Scope,
  path: string,
  { headers }: UpgradeOptions = {},
): Promise<{ status: number; body: string }> {
  return it.fetch(path, { headers: { accept: 'text/event-stream', ...headers } })
}

async function say(it: Scope, ...all: string[]): Promise<void> {
  const { status } = await it.fetch(`/keep/${it.room}`, {
    method: 'POST',
    body: JSON.stringify(all),
  })
  if (status !== 200) throw new Error(`not said: ${status}`)
}

function said(id: string, text: string): StreamedEvent {
  return { id, event: 'said', data: JSON.stringify({ text }) }
}

/** Of a stream that ends in whatever way. */
async function restOf(reader: EventReader): Promise<StreamedEvent[]> {
  const all: StreamedEvent[] = []
  for (;;) {
    try {
      all.push(await reader.next(8_000))
    } catch {
      return all
    }
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 50) throw new Error('it never came about')
    await sleep(100)
  }
}

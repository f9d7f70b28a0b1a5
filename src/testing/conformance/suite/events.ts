import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Json, Session } from '../session.ts'

/** Observers hear of everything, each once, in words that can be counted. */
export function events(kit: Kit): void {
  const { expect } = kit

  kit.test(
    'a life is told in order, with sizes in bytes and the path as the app has it',
    async (it) => {
      const told = await listen(it, '/observed/:room')
      const socket = await it.open(`/observed/${it.room}?token=s3cret`)
      const sent = '{"type":"echo","id":1,"data":{"text":"é"}}'
      socket.text(sent)
      const reply = String(await socket.raw())
      socket.close(4321, 'over')
      const all = await told(({ type }) => type === 'close')
      expect(all.map(untimed)).toEqual([
        { type: 'granted' },
        { type: 'open' },
        { type: 'received', sizeBytes: Buffer.byteLength(sent) },
        { type: 'handled', name: 'echo', kind: 'request', code: 'ok' },
        { type: 'sent', count: 1, sizeBytes: Buffer.byteLength(reply) },
        { type: 'close', code: 4321, own: false, wasClean: true },
      ])
      expect(new Set(all.map(({ route, connection }) => `${route} ${connection}`)).size).toBe(1)
      for (const { durationMs = 0 } of all)
        expect(durationMs >= 0 && durationMs < 60_000).toBe(true)
    },
  )

  kit.test('a raw socket is told of, too', async (it) => {
    const told = await listen(it, '/observed-raw')
    const link = await it.link('/observed-raw')
    link.send(new Uint8Array(7))
    await link.message(2_000)
    link.close(1000, '')
    expect((await told(({ type }) => type === 'close')).map(untimed)).toEqual([
      { type: 'granted' },
      { type: 'open' },
      { type: 'received', sizeBytes: 7 },
      { type: 'sent', count: 1, sizeBytes: 7 },
      { type: 'close', code: 1000, own: false, wasClean: true },
    ])
  })

  kit.test('an end of ours is told as ours', async (it) => {
    const socket = await open(it)
    const ended = await end(socket, () => socket.request('close', 2, { code: 4300, reason: '' }))
    expect(ended).toEqual([{ type: 'close', code: 4300, own: true, wasClean: true }])
  })

  kit.given(kit.can.tcp, 'no TCP').test('a client that vanishes is told as lost', async (it) => {
    const socket = await open(it)
    const ended = await end(socket, () => socket.destroy())
    expect(ended).toEqual([{ type: 'close', code: 1006, own: false, wasClean: false }])
  })

  kit.test(
    'everything that is said ends once, by a name of the contract and a code',
    async (it) => {
      const told = await listen(it, '/observed/:room')
      const socket = await it.open(`/observed/${it.room}`)
      const frames: [frame: Json, name: string, kind: string, code: string][] = [
        [{ type: 'note', data: { text: 'x' } }, 'note', 'message', 'ok'],
        [{ type: 'echo', id: 1, data: { text: 'x' } }, 'echo', 'request', 'ok'],
        [{ type: 'echo', id: 2, data: 'x' }, 'echo', 'request', 'invalid'],
        [{ type: 'throwOut', id: 3, data: { how: 'later' } }, 'throwOut', 'request', 'internal'],
        [{ type: 'throwOut', id: 4, data: { how: 'refusal' } }, 'throwOut', 'request', 'conflict'],
        [{ type: 'hang', id: 5, timeout: 100 }, 'hang', 'request', 'timeout'],
        [{ type: 'count', id: 6, data: { to: 3 } }, 'count', 'stream', 'ok'],
        [{ type: `mine-${it.room}`, id: 7 }, '', 'request', 'unknown'],
        [{ type: 'count' }, '', 'message', 'unknown'],
        [[], '', 'message', 'bad_frame'],
        [{ type: '$join', id: 8, channel: `secret/${it.room}` }, '$join', 'request', 'forbidden'],
      ]
      for (const [frame] of frames) {
        socket.frame(frame)
        await socket.find(({ id, item, error }) => item === undefined && (id ?? error ?? true))
      }
      socket.close(1000)
      const all = await told(({ type }) => type === 'close')
      expect(
        all
          .filter(({ type }) => type === 'handled')
          .map(({ name, kind, code }) => [name, kind, code]),
      ).toEqual(frames.map(([, ...end]) => end))
      expect(all.filter(({ type }) => type === 'error').map(({ where }) => where)).toEqual([
        'request throwOut',
        // The deadline has passed, and its handler has something to say to that.
        'request hang',
      ])
    },
  )

  kit.test('a refusal is told once, with status, reason and route', async (it) => {
    const refused = async (route: string, path: string, headers = {}): Promise<Json[]> => {
      const told = await listen(it, route)
      const { status } = await it.link(path, { headers })
      const all = await told(({ type }) => type === 'refused' || type === 'open')
      return all
        .filter(({ type }) => type !== 'granted')
        .map(({ type, why }) => [type, status, why])
    }
    const { room } = it
    const old = { 'sec-websocket-version': '12' }
    const foreign = { origin: 'https://evil.example' }
    const ORIGIN = 'This Origin may not connect: admit it by origin() of denwa/handshake'
    expect([
      await refused('/observed/:room', `/observed/${room}`, old),
      await refused('/observed/:room', `/observed/${room}`, foreign),
      await refused('/observed-below/:room/*', `/observed-below/${room}/x`, foreign),
      await refused('/observed-refused/:room', `/observed-refused/${room}`),
      await refused('/observed-late/:how/:room', `/observed-late/return/${room}`),
      await refused('/observed-late/:how/:room', `/observed-late/rebuild/${room}`),
    ]).toEqual([
      [['refused', 426, 'Upgrade to WebSocket version 13']],
      [['refused', 403, ORIGIN]],
      [['refused', 403, ORIGIN]],
      [['refused', 401, '401']],
      [['refused', 401, '401']],
      [['open', 101, undefined]],
    ])
  })

  const channels = kit.given(kit.can.channels, 'no channels')
  channels.test('a publication is told with its channel, and to how many it went', async (it) => {
    const [told, published] = [await listen(it, '/observed/:room'), await listen(it, 'room/:room')]
    const path = `/observed/${it.room}?join=1`
    const all = [await it.open(path), await it.open(path), await it.open(path)]
    for (const each of all) await each.find(({ type }) => type === '$joined')
    await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'é' })
    const texts = await Promise.all(all.map((each) => each.raw()))
    const sizeBytes = Buffer.byteLength(String(texts[0]))
    expect(await published(() => true)).toEqual([
      { type: 'published', channel: 'room/:room', event: 'said', count: 3, sizeBytes },
    ])
    const isIt = (event: Json): boolean => event.type === 'sent' && event.sizeBytes === sizeBytes
    const sent = (await told(isIt)).filter(isIt)
    expect(sent.reduce((sum, { count }) => sum + count, 0)).toBe(3)
  })

  /** A socket, and what is told of it. */
  async function open(it: Scope): Promise<Session & { told: Told }> {
    const told = await listen(it, '/observed/:room')
    const socket = await it.open(`/observed/${it.room}`)
    socket.request('echo', 1, { text: 'open' })
    await socket.next()
    return Object.assign(socket, { told })
  }

  /** All ends that are told of a socket. */
  async function end(socket: { told: Told }, how: () => void): Promise<Json[]> {
    how()
    const all = await socket.told(({ type }) => type === 'close')
    return all.filter(({ type }) => type === 'close').map(untimed)
  }
}

/** What is told from now on, as soon as something is there that is waited for. */
type Told = (wanted: (event: Json) => boolean) => Promise<Json[]>

async function listen(it: Scope, of: string): Promise<Told> {
  const all = async (): Promise<{ total: number; events: Json[] }> =>
    JSON.parse((await it.fetch(`/events?of=${encodeURIComponent(of)}`)).body)
  const before = (await all()).total
  return async (wanted) => {
    const deadline = Date.now() + 5_000
    for (;;) {
      const { total, events } = await all()
      const fresh = total > before ? events.slice(before - total) : []
      // Connections of other tests may have come to their end meanwhile.
      const ids = fresh.filter(({ type }) => type === 'granted').map((event) => event.connection)
      const ours = fresh.filter((event) => !event.connection || ids.includes(event.connection))
      if (ours.some(wanted) || Date.now() > deadline) return ours
      await sleep(20)
    }
  }
}

function untimed({ durationMs: _ms, route: _route, connection: _id, ...event }: Json): Json {
  return event
}

import type { Kit, Scope } from '../kit.ts'
import type { Json, Session } from '../session.ts'

const NAMES = [
  'nope',
  'room',
  'room/',
  'room/a/b',
  '/',
  '',
  'room/:room',
  '__proto__',
  'constructor',
  'room/%',
  `room/${'x'.repeat(5_000)}`,
  'room/\u0000',
  'room/*',
  5,
  null,
  {},
]

/** Channels: who joins hears, who may not learns nothing. */
export function channels(kit: Kit): void {
  const { expect } = kit
  const on = kit.given(kit.can.channels, 'a socket belongs to its own request here')

  on.test('join, publish, leave', async (it) => {
    const [ann, bob] = [await it.open(), await it.open()]
    await join(it, ann, 1)
    await join(it, bob, 1)
    ann.request('say', 2, { text: 'hello' })
    const heard = { channel: `room/${it.room}`, type: 'said', data: { text: 'hello' } }
    expect(await publication(bob)).toEqual(heard)
    const frames = await ann.take(2)
    expect(frames.find((frame) => frame.channel)).toEqual(heard)
    expect(frames.find((frame) => frame.id === 2)).toEqual({ id: 2, data: null })

    bob.frame({ type: '$leave', id: 3, channel: `room/${it.room}` })
    expect(await bob.next()).toEqual({ id: 3, data: null })
    ann.request('say', 4, { text: 'gone?' })
    await publication(ann)
    expect(await bob.within(100)).toEqual([])
  })

  on.test('an HTTP handler publishes to who joined', async (it) => {
    const [ann, deaf] = [await it.open(), await it.open()]
    await join(it, ann, 1)
    const reply = await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'news' })
    expect(reply.status).toBe(200)
    const heard = { channel: `room/${it.room}`, type: 'said', data: { text: 'news' } }
    expect(await publication(ann)).toEqual(heard)
    expect(await deaf.within(50)).toEqual([])
  })

  on.test('publishing where nobody listens is no error', async (it) => {
    const reply = await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'hello?' })
    expect(reply.status).toBe(200)
  })

  on.test('the server puts a connection on a channel', async (it) => {
    const socket = await it.open(`/socket/${it.room}?join=1`)
    socket.request('say', 1, { text: 'here' })
    expect(await publication(socket)).toMatchObject({ data: { text: 'here' } })
    const other = await it.open()
    other.request('join', 1)
    const joined = await other.find((frame) => frame.id === 1)
    expect(joined).toEqual({ id: 1, data: null })
  })

  on.test('a publication is the same bytes for everyone', async (it) => {
    const sockets = await Promise.all([it.open(), it.open(), it.open()])
    for (const socket of sockets) await join(it, socket, 1)
    await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'é' })
    const texts = await Promise.all(sockets.map((socket) => socket.raw()))
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toBe(`{"channel":"room/${it.room}","type":"said","data":{"text":"é"}}`)
  })

  on.test('rooms do not hear each other', async (it) => {
    const [here, there] = [await it.open(), await it.open(`/socket/${it.room}-b`)]
    await join(it, here, 1)
    await join(it, there, 1, `room/${it.room}-b`)
    here.request('say', 2, { text: 'here' })
    await publication(here)
    expect(await there.within(100)).toEqual([])
  })

  on.test('joining twice does not hear twice', async (it) => {
    const socket = await it.open()
    await join(it, socket, 1)
    await join(it, socket, 2)
    socket.request('say', 3, { text: 'once' })
    const frames = await socket.within(150)
    expect(frames.filter((frame) => frame.channel)).toHaveLength(1)
    socket.frame({ type: '$leave', id: 4, channel: `room/${it.room}` })
    expect(await socket.next()).toEqual({ id: 4, data: null })
    socket.request('say', 5, { text: 'none' })
    expect(await socket.within(100)).toEqual([{ id: 5, data: null }])
  })

  on.test('who may not join is told forbidden, whatever the reason', async (it) => {
    const socket = await it.open()
    const texts = new Set<string>()
    for (const [i, channel] of [
      `secret/${it.room}`,
      `server/${it.room}`,
      'nope/x',
      'room/other',
    ].entries()) {
      socket.frame({ type: '$join', id: i + 1, channel })
      const { id, error } = await socket.next()
      expect([id, error.code]).toEqual([i + 1, 'forbidden'])
      texts.add(JSON.stringify(error).replace(channel, ''))
    }
    expect(texts.size).toBe(1)
  })

  on.attack('a join rule that throws lets nobody in', async (it) => {
    const socket = await it.open()
    socket.frame({ type: '$join', id: 1, channel: `thrower/${it.room}` })
    const frame = await socket.next()
    expect(frame.id).toBe(1)
    expect(['forbidden', 'internal']).toContain(frame.error.code)
    expect(JSON.stringify(frame)).not.toContain('secret-of')
  })

  on.attack('names that are no channel', async (it) => {
    const socket = await it.open()
    for (const [i, channel] of NAMES.entries()) {
      socket.frame({ type: '$join', id: i + 1, channel })
      const { id, error } = await socket.next()
      expect(id).toBe(i + 1)
      expect(['forbidden', 'bad_frame']).toContain(error.code)
    }
    socket.frame({ type: '$leave', id: 100, channel: 'nope/x' })
    expect((await socket.next()).id).toBe(100)
  })

  on.test('a burst arrives whole and in order at everyone', async (it) => {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => it.open()))
    for (const socket of sockets) await join(it, socket, 1)
    sockets[0]!.request('burst', 2, { count: 100 })
    const expected = Array.from({ length: 100 }, (_, i) => `${i}`)
    for (const socket of sockets) {
      const heard: string[] = []
      while (heard.length < 100) heard.push((await publication(socket)).data.text)
      expect(heard).toEqual(expected)
    }
  })

  on.test('clients with and without arrays hear the same burst', async (it) => {
    const plain = await it.open()
    const modern = await it.open(undefined, { protocols: ['denwa.v1.json'] })
    await modern.next()
    await join(it, plain, 1)
    await join(it, modern, 1)
    plain.request('burst', 2, { count: 150 })
    for (const socket of [plain, modern]) {
      const frames: Json[] = []
      while (frames.length < 150) frames.push(await publication(socket))
      expect(frames.map((frame) => frame.data.text)).toEqual(
        Array.from({ length: 150 }, (_, i) => `${i}`),
      )
    }
  })

  on.attack('subscribers that vanish do not disturb a publication', async (it) => {
    const stays = await it.open()
    await join(it, stays, 1)
    for (let i = 0; i < 10; i++) {
      const goes = await it.open()
      await join(it, goes, 1)
      if (i % 2 === 0) goes.close(1000)
      else goes.destroy()
    }
    stays.request('say', 2, { text: 'still here' })
    expect((await publication(stays)).data.text).toBe('still here')
  })

  on.test('a close handler may publish: the others hear that someone left', async (it) => {
    const [goes, stays] = [await it.open(`/socket/${it.room}?close=say`), await it.open()]
    await join(it, goes, 1)
    await join(it, stays, 1)
    goes.close(1000)
    expect((await publication(stays)).data.text).toBe('gone')
  })

  on.test('nothing is heard after the close', async (it) => {
    const [goes, stays] = [await it.open(), await it.open()]
    await join(it, goes, 1)
    await join(it, stays, 1)
    goes.close(1000)
    await goes.closed()
    stays.request('say', 2, { text: 'late' })
    await publication(stays)
    expect(await goes.within(50)).toEqual([])
  })

  async function join(
    it: Scope,
    socket: Session,
    id: number,
    channel = `room/${it.room}`,
  ): Promise<void> {
    socket.frame({ type: '$join', id, channel })
    const reply = await socket.find((frame) => frame.id === id)
    expect(typeof reply.data).toBe('object')
    expect(reply.data === null).toBe(false)
  }
}

function publication(socket: Session): Promise<Json> {
  return socket.find((frame) => frame.channel !== undefined && !frame.type?.startsWith('$'), 5_000)
}

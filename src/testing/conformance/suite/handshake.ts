import {
  acceptFor,
  encodeFrame,
  randomKey,
  RawSocket,
  readAnswer,
  upgradeRequest,
} from '../../raw-client.ts'
import type { Kit, Scope } from '../kit.ts'

const UPGRADES = ['websocket', 'WebSocket', 'WEBSOCKET']
const CONNECTIONS = [
  'Upgrade',
  'upgrade',
  'UPGRADE',
  'keep-alive, Upgrade',
  'Upgrade, keep-alive',
  'keep-alive,upgrade',
]

/** The opening handshake that is right: RFC 6455 section 4.2. */
export function handshake(kit: Kit): void {
  const { expect } = kit
  const raw = kit.given(kit.can.tcp, 'no TCP')

  kit.test('a socket opens and answers', async (it) => {
    const socket = await it.open()
    socket.request('echo', 1, { text: 'hello' })
    expect(await socket.next()).toEqual({ id: 1, data: { text: 'hello' } })
  })

  raw.test('the 101 has Upgrade, Connection and the right Accept', async (it) => {
    const key = randomKey()
    const answer = await it.handshake('/raw', { headers: { 'sec-websocket-key': key } })
    expect(answer.status).toBe(101)
    expect(answer.header('upgrade')?.toLowerCase()).toBe('websocket')
    expect(answer.header('connection')?.toLowerCase()).toBe('upgrade')
    expect(answer.all('sec-websocket-accept')).toEqual([acceptFor(key)])
  })

  for (const upgrade of UPGRADES) {
    raw.test(`Upgrade: ${upgrade} is accepted`, async (it) => {
      await accepted(it, { upgrade })
    })
  }
  for (const connection of CONNECTIONS) {
    raw.test(`Connection: ${connection} is accepted`, async (it) => {
      await accepted(it, { connection })
    })
  }
  raw.test('Connection may be sent in two lines', async (it) => {
    await accepted(it, { connection: ['keep-alive', 'Upgrade'] })
  })

  raw.test('a query and more headers change nothing', async (it) => {
    const answer = await it.handshake(`/raw?a=b&c=%20`, {
      headers: { 'x-one': '1', 'user-agent': 'x' },
    })
    expect(answer.status).toBe(101)
  })

  kit.test('state is made once, then open runs', async (it) => {
    const socket = await it.open()
    socket.request('whoami', 1)
    const { data } = await socket.next()
    expect(typeof data.id).toBe('string')
    expect(data.state.room).toBe(it.room)
    expect(await it.trace((notes) => notes.length >= 3)).toEqual(['state', 'open', 'opened'])
  })

  kit.test('every connection has an id of its own', async (it) => {
    const ids = new Set<string>()
    for (let i = 0; i < 5; i++) {
      const socket = await it.open()
      socket.request('whoami', 1)
      ids.add((await socket.next()).data.id)
    }
    expect(ids.size).toBe(5)
  })

  raw.test('a socket behind an async guard opens', async (it) => {
    await accepted(it, {}, '/raw-guarded?ms=100')
    const socket = await it.open(`/guarded/${it.room}?ms=100`)
    socket.request('echo', 1, { text: 'late' })
    expect((await socket.next()).data.text).toBe('late')
  })

  raw.test('a frame in the same segment as the request is kept', async (it) => {
    await early(it, '/raw')
  })
  const keeps = raw.given(kit.can.earlyFrames, 'what comes before the 101 is read as HTTP')
  keeps.test('a frame that arrives while a guard awaits is kept', async (it) => {
    await early(it, '/raw-guarded?ms=100')
  })

  async function accepted(
    it: Scope,
    headers: Record<string, string | string[]>,
    path = '/raw',
  ): Promise<void> {
    const socket = await it.socket(path, { headers })
    socket.send('echo')
    expect(await socket.next()).toBe('echo')
  }

  async function early(it: Scope, target: string): Promise<void> {
    const wire = await it.dial()
    const request = Buffer.from(upgradeRequest(it.target.url, { target }))
    wire.write(Buffer.concat([request, encodeFrame({ opcode: 1, payload: 'early' })]))
    const socket = new RawSocket(wire, await readAnswer(wire))
    expect(socket.answer.status).toBe(101)
    expect(await socket.next()).toBe('early')
  }
}

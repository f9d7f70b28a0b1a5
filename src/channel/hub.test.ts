import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { type Peer, anything, peer, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { systemTimers } from '../runtime/timers.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'

const talk = contract({
  requests: { act: { input: anything, output: anything } },
  messages: { tell: anything },
  events: { note: anything },
  channels: { 'room/:room': { events: { said: anything } }, news: { events: { said: anything } } },
})

function acting(act: (c: any) => unknown, more: object = {}) {
  const channels = { 'room/:room': { join: () => true }, news: { join: () => true } }
  return socket(talk, { requests: { act }, messages: { tell: act }, channels, ...more } as never)
}

const lobby = { room: 'lobby' }
const said = (data: unknown, channel = 'room/lobby'): unknown => ({ channel, type: 'said', data })
const publications = (frames: any[]): any[] => frames.filter((frame) => frame.type === 'said')

async function join(client: Peer, id: number, channel = 'room/lobby'): Promise<void> {
  client.say({ type: '$join', id, channel })
  expect(await client.heard()).toContainEqual({ id, data: {} })
}

describe('join by the server', () => {
  test('tells the client once, and lets it hear what is said then', async () => {
    const at = acting(async (c) => {
      const room = await c.join('room/:room', lobby)
      await c.join('room/:room', lobby)
      await room.publish('said', c.data)
    })
    const client = await peer(at)
    client.request(1, 'act', 'hi')
    expect(await client.heard()).toEqual([
      { type: '$joined', channel: 'room/lobby', data: {} },
      said('hi'),
      { id: 1, data: null },
    ])
  })

  test('in open comes after the welcome and before anything else', async () => {
    const open = async (c: any): Promise<void> => {
      await c.join('room/:room', lobby)
    }
    const client = await peer(
      acting(() => 1, { open }),
      { arrays: true },
    )
    client.request(1, 'act')
    expect((await client.heard()).map((frame) => frame.type ?? frame.id)).toEqual([
      '$welcome',
      '$joined',
      1,
    ])
  })

  test('needs no rule', async () => {
    const open = (c: any): unknown => c.join('room/:room', lobby)
    const client = await peer(acting(() => 1, { open, channels: undefined }))
    expect(await client.heard()).toMatchObject([{ type: '$joined' }])
  })

  test('is undone by leave(), of which the client is told', async () => {
    const at = acting(async (c) => {
      const room = await c.join('room/:room', lobby)
      await room.publish('said', 1)
      await room.leave()
      await room.leave()
      await room.publish('said', 2)
    })
    const client = await peer(at)
    client.request(1, 'act')
    expect(await client.heard()).toEqual([
      { type: '$joined', channel: 'room/lobby', data: {} },
      said(1),
      { type: '$left', channel: 'room/lobby', code: 'left' },
      { id: 1, data: null },
    ])
  })

  test('rejects for a channel or a parameter that is none', async () => {
    const bad = [
      ['nope', {}],
      ['room/:room', {}],
      ['room/:room', { room: '' }],
      ['room/:room', { room: 'x'.repeat(200) }],
      ['constructor', {}],
    ]
    for (const [name, params] of bad) {
      let thrown: unknown
      const client = await peer(
        acting((c) => c.join(name, params).catch((error: unknown) => (thrown = error))),
      )
      client.say({ type: 'tell' })
      await turn()
      expect(thrown).toBeInstanceOf(TypeError)
    }
  })

  test('that fails is no unhandled rejection if nobody waits for it', async () => {
    const rejections: unknown[] = []
    const note = (error: unknown): void => void rejections.push(error)
    process.on('unhandledRejection', note)
    const client = await peer(acting((c) => void c.join('room/:room', { room: c.data })))
    client.request(1, 'act', 'x'.repeat(200))
    expect(await client.heard()).toEqual([{ id: 1, data: null }])
    await turn()
    process.off('unhandledRejection', note)
    expect(rejections).toEqual([])
  })

  test('after the end does nothing', async () => {
    const gate = Promise.withResolvers<void>()
    const at = acting(async (c) => {
      await gate.promise
      await c.join('room/:room', lobby)
      joined.push(c.connection)
    })
    const joined: any[] = []
    const client = await peer(at)
    client.say({ type: 'tell' })
    await turn()
    client.socket.close(1006)
    await turn()
    gate.resolve()
    await turn()
    expect(joined[0].snapshot.channels).toEqual([])
  })
})

describe('at most 100 channels', () => {
  test('are joined by a connection; the next is overloaded, and a leave makes room', async () => {
    const client = await peer(acting(() => 1))
    for (let id = 1; id <= 101; id++) client.say({ type: '$join', id, channel: `room/r${id}` })
    const frames = await client.heard()
    expect(frames.filter((frame) => frame.data)).toHaveLength(100)
    expect(frames.at(-1)).toMatchObject({ id: 101, error: { code: 'overloaded' } })
    client.say(
      { type: '$leave', id: 102, channel: 'room/r5' },
      { type: '$join', id: 103, channel: 'room/x' },
    )
    expect(await client.heard()).toEqual([
      { id: 102, data: null },
      { id: 103, data: {} },
    ])
  })

  test('count for the server too', async () => {
    const at = acting(async (c) => {
      for (let i = 0; i < 101; i++) await c.join('room/:room', { room: `r${i}` })
    })
    const client = await peer(at)
    client.request(1, 'act')
    expect((await client.heard()).at(-1)).toMatchObject({ id: 1, error: { code: 'overloaded' } })
  })

  test('have to fit beside the state', async () => {
    const state = (): object => ({ big: 'x'.repeat(15_500) })
    const client = await peer(acting(() => 1, { state }))
    const names = Array.from({ length: 10 }, (_, i) => `room/${'x'.repeat(120)}${i}`)
    names.forEach((channel, i) => client.say({ type: '$join', id: i + 1, channel }))
    const frames = await client.heard()
    expect(frames).toHaveLength(10)
    expect(frames.at(-1)).toHaveProperty('error')
    const fit = frames.filter((frame) => frame.data).length
    expect(fit).toBeGreaterThan(0)
    client.say({ type: '$leave', id: 20, channel: names[0] })
    expect(await client.heard()).toEqual([{ id: 20, data: null }])
  })
})

describe('who hears', () => {
  test('is who joined, whoever says it, from inside or outside', async () => {
    const room = acting((c) => c.channel('room/:room', lobby).publish('said', c.data))
    const app = new Hono().get('/', room as never).post('/say', async (c) => {
      await room.in(c).channel('room/:room', lobby).publish('said', 'http')
      return c.text('ok')
    })
    const [ann, bob, cy] = [await peer(app), await peer(app), await peer(app)]
    await join(ann, 1)
    await join(bob, 1)
    await join(cy, 1, 'room/other')
    cy.say({ type: 'tell', data: 'inside' })
    await turn()
    expect((await app.request('/say', { method: 'POST' })).status).toBe(200)
    for (const client of [ann, bob])
      expect(await client.heard()).toEqual([said('inside'), said('http')])
    expect(await cy.heard()).toEqual([])
  })

  test('is nobody on another route of the same contract', async () => {
    const act = (c: any): unknown => c.channel('news', {}).publish('said', 1)
    const [one, other] = [await peer(acting(act)), await peer(acting(act))]
    await join(one, 1, 'news')
    await join(other, 1, 'news')
    one.say({ type: 'tell' })
    expect([await one.heard(), await other.heard()]).toEqual([[said(1, 'news')], []])
  })

  test('is nobody any more after an end, however it came', async () => {
    const at = acting((c) => c.channel('room/:room', lobby).publish('said', 1))
    const [ann, bob, cy] = [await peer(at), await peer(at), await peer(at)]
    for (const client of [ann, bob, cy]) await join(client, 1)
    ann.socket.close(1006)
    bob.socket.close(1000)
    cy.say({ type: 'tell' })
    expect(publications(await cy.heard())).toEqual([said(1)])
    expect([await ann.heard(), await bob.heard()]).toEqual([[], []])
  })

  test('is not the one who leaves in its close handler', async () => {
    const close = (c: any): unknown => c.channel('room/:room', lobby).publish('said', 'gone')
    const at = acting(() => 1, { close })
    const [ann, bob] = [await peer(at), await peer(at)]
    await join(ann, 1)
    await join(bob, 1)
    ann.socket.close()
    expect(await bob.heard()).toEqual([said('gone')])
  })
})

describe('one turn', () => {
  for (const [name, clock] of [
    ['may wait for', new TestClock()],
    ['does not wait for', systemTimers],
  ] as const) {
    test(`says things in the order of the program, where all ${name} its end`, async () => {
      const at = acting((c) => {
        const room = c.channel('room/:room', lobby)
        c.send('note', 1)
        void room.publish('said', 2)
        void room.publish('said', 3)
        c.send('note', 4)
        void room.publish('said', 5)
        return 6
      })
      for (const arrays of [false, true]) {
        const ann = await peer(at, { arrays, clock })
        const bob = await peer(at, { arrays: !arrays, clock })
        await join(ann, 1)
        await join(bob, 1)
        ann.request(2, 'act')
        expect((await ann.heard()).map((frame) => frame.data)).toEqual([1, 2, 3, 4, 5, 6])
        expect((await bob.heard()).map((frame) => frame.data)).toEqual([2, 3, 5])
        ann.socket.close()
        bob.socket.close()
      }
    })
  }

  test('lets out what was published before it closes', async () => {
    const at = acting((c) => {
      void c.channel('room/:room', lobby).publish('said', 'bye')
      c.close(4300)
    })
    const [ann, bob] = [await peer(at, { arrays: true }), await peer(at)]
    await join(ann, 1)
    await join(bob, 1)
    ann.say({ type: 'tell' })
    expect(publications(await ann.heard())).toEqual([said('bye')])
    expect(await bob.heard()).toEqual([said('bye')])
  })
})

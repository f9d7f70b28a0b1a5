import { Hono } from 'hono'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Peer, anything, peer } from '../../test/support/peer.ts'
import { memoryBroker } from '../broker/memory.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'

const talk = contract({
  requests: { act: { input: anything, output: anything } },
  channels: { 'room/:room': { events: { said: anything }, history: { size: 300 } } },
})
const lobby = { room: 'lobby' }
const channel = 'room/lobby'

function setup(act: (c: any) => unknown = () => null, more: object = {}) {
  const broker = memoryBroker({ epoch: () => 'x1' })
  const channels = { 'room/:room': { join: () => true } }
  const at = socket(talk, { requests: { act }, channels, broker, ...more } as never)
  const app = new Hono().get('/', at).post('/say', async (c) => {
    await at
      .in(c)
      .channel('room/:room', lobby)
      .publish('said', await c.req.json())
    return c.body(null, 204)
  })
  const say = async (...all: unknown[]): Promise<void> => {
    for (const each of all) {
      await app.request('/say', { method: 'POST', body: JSON.stringify(each) })
    }
  }
  return { app, at, broker, say }
}

const said = (offset: number, data: unknown): object => ({ offset, type: 'said', data })
const heard = (offset: number, data: unknown): object => ({ channel, ...said(offset, data) })

async function join(client: Peer, id: number, ask: object = {}): Promise<any> {
  client.say({ type: '$join', id, channel, ...ask })
  const frames = await client.heard()
  return frames.find((frame) => frame.id === id)
}

describe('a client that joins', () => {
  test('is told where the channel is, and then what is published, by number', async () => {
    const { app, say } = setup()
    await say('before')
    const client = await peer(app)
    expect(await join(client, 1)).toEqual({ id: 1, data: { position: ['x1', 1] } })
    await say('a', 'b')
    expect(await client.heard()).toEqual([heard(2, 'a'), heard(3, 'b')])
  })

  test('may ask for the last that were said', async () => {
    const { app, say } = setup()
    await say('a', 'b', 'c')
    const client = await peer(app)
    expect((await join(client, 1, { last: 2 })).data).toEqual({
      position: ['x1', 3],
      publications: [said(2, 'b'), said(3, 'c')],
    })
  })

  test('by the server is told the same', async () => {
    const open = (c: any): unknown => c.join('room/:room', lobby, { last: 1 })
    const { app, say } = setup(undefined, { open })
    await say('a', 'b')
    const client = await peer(app)
    expect(await client.heard()).toEqual([
      {
        type: '$joined',
        channel,
        data: { position: ['x1', 2], publications: [said(2, 'b')] },
      },
    ])
  })
})

describe('a client that comes back', () => {
  test('gets what it missed, and what follows', async () => {
    const { app, say } = setup()
    await say('a', 'b', 'c')
    const client = await peer(app)
    expect((await join(client, 1, { since: ['x1', 1] })).data).toEqual({
      position: ['x1', 3],
      recovered: true,
      publications: [said(2, 'b'), said(3, 'c')],
    })
    await say('d')
    expect(await client.heard()).toEqual([heard(4, 'd')])
  })

  test('has missed nothing, though it never got anything and though nothing is kept any more', async () => {
    const { app, say } = setup()
    const first = await peer(app)
    const { position } = (await join(first, 1)).data
    const second = await peer(app)
    const nothing = { id: 1, data: { position: ['x1', 0], recovered: true } }
    expect(await join(second, 1, { since: position })).toEqual(nothing)
    await say('a')
    const third = await peer(app)
    expect((await join(third, 1, { since: ['x1', 1] })).data).toEqual({
      position: ['x1', 1],
      recovered: true,
    })
  })

  test.each([
    ['another epoch', ['x0', 3], 'epoch'],
    ['a position that there never was', ['x1', 9], 'epoch'],
  ])('with %s begins anew', async (_, since, reason) => {
    const { app, say } = setup()
    await say('a', 'b', 'c')
    const client = await peer(app)
    const { data } = await join(client, 1, { since })
    expect(data).toEqual({ position: ['x1', 3], recovered: false, reason })
  })

  test('after too much begins anew', async () => {
    const { app, say } = setup()
    await say(...Array.from({ length: 258 }, (_, i) => i))
    const client = await peer(app)
    expect((await join(client, 1, { since: ['x1', 1] })).data).toEqual({
      position: ['x1', 258],
      recovered: false,
      reason: 'too_many',
    })
    expect((await join(client, 2, { since: ['x1', 2] })).data.publications).toHaveLength(256)
  })

  test('is authorised as anybody', async () => {
    let allowed = true
    const channels = { 'room/:room': { join: () => allowed } }
    const { app } = setup(undefined, { channels })
    const client = await peer(app)
    await join(client, 1)
    allowed = false
    const again = await peer(app)
    expect(await join(again, 1, { since: ['x1', 0] })).toMatchObject({
      error: { code: 'forbidden' },
    })
  })

  test.each([
    ['a text', 'x1'],
    ['one part', ['x1']],
    ['three parts', ['x1', 1, 2]],
    ['an epoch that is no text', [1, 1]],
    ['a negative offset', ['x1', -1]],
    ['half an offset', ['x1', 1.5]],
    ['too large an offset', ['x1', 2 ** 53]],
    ['a long epoch', ['x'.repeat(65), 1]],
    ['null', null],
  ])('with a position that is none is told so: %s', async (_, since) => {
    const { app } = setup()
    const client = await peer(app)
    expect(await join(client, 1, { since })).toMatchObject({ error: { code: 'invalid' } })
    expect((await join(client, 2)).data).toEqual({ position: ['x1', 0] })
  })
})

describe('a reader that is too slow', () => {
  test('is taken off, told so, and comes back to all that it missed', async () => {
    const { app, at, say } = setup()
    const client = await peer(app)
    await join(client, 1)
    await say('a')
    const [live] = [...(at as any)[Symbol.for('denwa.internals')].route.endpoint.live]
    vi.spyOn(live.transport, 'bufferedAmount', 'get').mockReturnValue(300_000)
    await say('b', 'c')
    vi.restoreAllMocks()
    await say('d')
    expect(await client.heard()).toEqual([heard(1, 'a'), { type: '$gap', channel, reason: 'slow' }])
    expect((await join(client, 2, { since: ['x1', 1] })).data).toMatchObject({
      recovered: true,
      publications: [said(2, 'b'), said(3, 'c'), said(4, 'd')],
    })
  })
  afterEach(() => vi.restoreAllMocks())
})

describe('the server', () => {
  test('reads what was said, oldest first', async () => {
    const history: unknown[] = []
    const { app, say } = setup(async (c) => {
      history.push(await c.channel('room/:room', lobby).history(2))
      return null
    })
    await say('a', 'b', 'c')
    const client = await peer(app)
    client.request(1, 'act')
    await client.heard()
    expect(history).toEqual([[said(2, 'b'), said(3, 'c')]])
  })

  test('knows when a publication is kept, and hears if it is not', async () => {
    const broker = memoryBroker()
    const failing = Object.assign(Object.create(broker), {
      publish: () => {
        throw new Error('disk full')
      },
    })
    const { app } = setup((c) => c.channel('room/:room', lobby).publish('said', 1), {
      broker: failing,
    })
    const client = await peer(app)
    client.request(1, 'act')
    expect(await client.heard()).toMatchObject([{ id: 1, error: { code: 'internal' } }])
  })

  test('of two routes with one broker speaks on the same channels', async () => {
    const broker = memoryBroker({ epoch: () => 'x1' })
    const [one, other] = [setup(undefined, { broker }), setup(undefined, { broker })]
    const client = await peer(one.app)
    await join(client, 1)
    await other.say('hi')
    expect(await client.heard()).toEqual([heard(1, 'hi')])
  })
})

test('a join is refused while another revokes it, however long its rule takes', async () => {
  const gate = Promise.withResolvers<boolean>()
  const channels = { 'room/:room': { join: () => gate.promise } }
  const { app, at, say } = setup(undefined, { channels })
  app.post('/revoke', async (c) => c.json(await at.in(c).channel('room/:room', lobby).revoke()))
  const client = await peer(app)
  client.say({ type: '$join', id: 1, channel })
  expect(await client.heard()).toEqual([])
  expect(await (await app.request('/revoke', { method: 'POST' })).json()).toBe(1)
  gate.resolve(true)
  await say('secret')
  expect(await client.heard()).toMatchObject([{ id: 1, error: { code: 'forbidden' } }])
})

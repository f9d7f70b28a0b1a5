import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { type Peer, anything, peer, standard, turn } from '../../test/support/peer.ts'
import { memoryBroker } from '../broker/memory.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'

const Meta = standard((value) =>
  typeof (value as any)?.name === 'string' ? { value } : { issues: [{ message: 'no name' }] },
)
const talk = contract({
  requests: { act: { input: anything, output: anything } },
  channels: { 'room/:room': { events: { said: anything }, presence: Meta } },
})
const lobby = { room: 'lobby' }
const channel = 'room/lobby'

function setup(more: object = {}) {
  const clock = new TestClock()
  const names: string[] = []
  const at = socket(talk, {
    state: () => ({ name: names.shift() }),
    requests: { act: (c: any) => acts.shift()?.(c) ?? null },
    channels: {
      'room/:room': {
        join: () => true,
        presence: (c: any) => ({ name: c.state.name }),
      },
    },
    ...more,
  } as never)
  const acts: ((c: any) => unknown)[] = []
  const app = new Hono().get('/', at).get('/who', async (c) => {
    return c.json(await at.in(c).channel('room/:room', lobby).presence.list())
  })
  const connect = async (name: string): Promise<Peer & { id: string; resume: string }> => {
    names.push(name)
    const client = await peer(app, { arrays: true, clock })
    const [{ id, resume }] = await client.heard()
    return { ...client, id, resume }
  }
  const who = async (): Promise<unknown> => (await app.request('/who')).json()
  const revoke = (): Promise<number> =>
    at
      .in({ env: {} } as never)
      .channel('room/:room', lobby)
      .revoke()
  return { app, clock, connect, acts, who, revoke }
}

async function join(client: Peer, id: number, ask: object = {}): Promise<any> {
  client.say({ type: '$join', id, channel, ...ask })
  return (await client.heard()).find((frame) => frame.id === id)?.data
}

describe('who joins', () => {
  test('is told who is there, and then of itself as all others are', async () => {
    const { clock, connect, who } = setup()
    const ann = await connect('ann')
    ann.say({ type: '$join', id: 1, channel })
    expect(await ann.heard()).toEqual([
      { id: 1, data: { presence: { version: 0, members: {}, self: ann.id } } },
      { type: '$presence', channel, version: 1, joined: { [ann.id]: { name: 'ann' } } },
    ])
    const bob = await connect('bob')
    expect(await join(bob, 1)).toEqual({
      presence: { version: 1, members: { [ann.id]: { name: 'ann' } }, self: bob.id },
    })
    expect(await ann.heard()).toEqual([])
    clock.advance(300)
    const told = { type: '$presence', channel, version: 2, joined: { [bob.id]: { name: 'bob' } } }
    expect([await ann.heard(), await bob.heard()]).toEqual([[told], [told]])
    expect(await who()).toEqual([{ name: 'ann' }, { name: 'bob' }])
  })

  test('is not seen if nothing is said of it, until something is', async () => {
    const { clock, connect, acts, who } = setup({
      channels: { 'room/:room': { join: () => true } },
    })
    const ann = await connect('ann')
    expect(await join(ann, 1)).toEqual({ presence: { version: 0, members: {} } })
    acts.push(async (c) => {
      const room = await c.join('room/:room', lobby)
      await room.presence.track({ name: 'Ann' })
    })
    ann.request(2, 'act')
    clock.advance(300)
    await ann.heard()
    expect(await who()).toEqual([{ name: 'Ann' }])
  })

  test('cannot be said to be what the schema does not allow', async () => {
    const { connect } = setup({
      channels: { 'room/:room': { join: () => true, presence: () => ({ name: 5 }) } },
    })
    const ann = await connect('ann')
    ann.say({ type: '$join', id: 1, channel })
    expect(await ann.heard()).toMatchObject([{ id: 1, error: { code: 'internal' } }])
  })
})

describe('who leaves', () => {
  test('by a clean close or by asking is gone at once', async () => {
    const { clock, connect } = setup()
    const [ann, bob, cy] = [await connect('ann'), await connect('bob'), await connect('cy')]
    for (const each of [ann, bob, cy]) await join(each, 1)
    clock.advance(300)
    await cy.heard()
    ann.socket.close()
    bob.say({ type: '$leave', id: 2, channel })
    await bob.heard()
    clock.advance(300)
    expect(await cy.heard()).toEqual([
      { type: '$presence', channel, version: 3, left: [ann.id, bob.id] },
    ])
  })

  test.each([
    ['a lost connection', 1006],
    ['giving up a silent server', 4201],
  ])('by %s is gone after a while, and not if it comes back', async (_, code) => {
    const { clock, connect } = setup()
    const [ann, bob, cy] = [await connect('ann'), await connect('bob'), await connect('cy')]
    for (const each of [ann, bob, cy]) await join(each, 1)
    clock.advance(300)
    await cy.heard()
    for (const each of [ann, bob]) each.socket.close(code)
    await turn()
    clock.advance(14_000)
    const again = await connect('ann')
    expect((await join(again, 1, { resume: ann.resume })).presence).toMatchObject({
      version: 2,
      self: ann.id,
    })
    expect(await cy.heard()).toEqual([])
    clock.advance(2000)
    expect(await cy.heard()).toEqual([{ type: '$presence', channel, version: 3, left: [bob.id] }])
    clock.advance(20_000)
    expect(await cy.heard()).toEqual([])
  })
})

test('who has missed something may ask for all', async () => {
  const { clock, connect } = setup()
  const ann = await connect('ann')
  ann.say({ type: '$presence', id: 1, channel })
  expect(await ann.heard()).toMatchObject([{ id: 1, error: { code: 'forbidden' } }])
  await join(ann, 2)
  clock.advance(300)
  await ann.heard()
  ann.say({ type: '$presence', id: 3, channel })
  expect(await ann.heard()).toEqual([
    { id: 3, data: { version: 1, members: { [ann.id]: { name: 'ann' } }, self: ann.id } },
  ])
})

test('without a schema nobody can be shown', () => {
  const bare = contract({ channels: { a: { events: { said: anything } } } })
  expect(() => socket(bare, { channels: { a: { presence: () => 1 } } } as never)).toThrow(
    'give it a presence schema in the contract',
  )
})

test('the welcome says what a client can count on', async () => {
  const kept = contract({
    channels: { a: { events: { said: anything }, history: { size: 1 }, presence: anything } },
  })
  const [welcome] = await (await peer(socket(kept, {} as never), { arrays: true })).heard()
  expect(welcome.features).toEqual(['recover', 'presence'])
  expect(welcome.resume).toMatch(/^[0-9a-f]{32}$/)
})

describe('two routes with one broker', () => {
  test('share who is there, and what is said though it is not kept', async () => {
    const broker = memoryBroker()
    const [one, other] = [setup({ broker }), setup({ broker })]
    const [ann, bob] = [await one.connect('ann'), await other.connect('bob')]
    expect((await join(ann, 1)).presence.members).toEqual({})
    expect((await join(bob, 1)).presence.members).toEqual({ [ann.id]: { name: 'ann' } })
    one.clock.advance(300)
    other.clock.advance(300)
    await ann.heard()
    expect(await one.who()).toEqual([{ name: 'ann' }, { name: 'bob' }])
    one.acts.push((c) => c.channel('room/:room', lobby).publish('said', 'hi'))
    ann.request(2, 'act')
    await ann.heard()
    expect(await bob.heard()).toContainEqual({ channel, type: 'said', data: 'hi' })
    one.clock.advance(60_000)
    other.clock.advance(20_000)
    expect(await other.who()).toEqual([{ name: 'ann' }, { name: 'bob' }])
  })

  test('revoke for each other', async () => {
    const broker = memoryBroker()
    const [one, other] = [setup({ broker }), setup({ broker })]
    const bob = await other.connect('bob')
    await join(bob, 1)
    await bob.heard()
    expect(await one.revoke()).toBe(1)
    expect(await bob.heard()).toContainEqual({ type: '$left', channel, code: 'revoked' })
  })
})

test('who was there before the process began is not there any more', async () => {
  const broker = memoryBroker()
  broker.enter(channel, { key: 'c_old', connection: 'c_old', meta: '{"name":"old"}' }, 60_000)
  const { clock, connect, who } = setup({ broker })
  expect(await who()).toEqual([])
  const ann = await connect('ann')
  await join(ann, 1)
  // It may come back for a while.
  expect(await who()).toEqual([{ name: 'old' }, { name: 'ann' }])
  clock.advance(15_200)
  expect(await who()).toEqual([{ name: 'ann' }])
})

import { expect, test } from 'vitest'
import { type Peer, anything, peer, turn } from '../../test/support/peer.ts'
import { memoryBroker } from '../broker/memory.ts'
import type { Broker, Draft, Keep, Listener, Range } from '../broker/port.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'

const talk = contract({
  requests: { say: { input: anything, output: anything } },
  channels: {
    'room/:room': { events: { said: anything }, history: { size: 10 } },
    'tick/:room': { events: { said: anything } },
  },
})

/** A broker beyond the process, which answers by promises. */
function far(): { broker: Broker; listeners: number } {
  const store = memoryBroker({ epoch: () => 'x1' })
  const counted = { listeners: 0, broker: {} as Broker }
  counted.broker = {
    local: false,
    now: store.now,
    publish: async (channel: string, draft: Draft, keep?: Keep) =>
      store.publish(channel, draft, keep),
    read: async (channel: string, range: Range, keep: Keep) => store.read(channel, range, keep),
    subscribe: async (channel: string, listener: Listener) => {
      counted.listeners++
      const stop = store.subscribe(channel, listener)
      return () => {
        counted.listeners--
        stop()
      }
    },
    enter: async () => {},
    exit: async () => {},
    members: async () => ({ version: 0, members: [] }),
  }
  return counted
}

async function setup(): Promise<{
  client: Peer
  clock: TestClock
  counted: { listeners: number }
}> {
  const clock = new TestClock()
  const counted = far()
  const at = socket(talk, {
    broker: counted.broker,
    requests: {
      say: async (c: any) => {
        await c.channel(`${c.data}/:room`, { room: '1' }).publish('said', 'hi')
        return null
      },
    },
    channels: { 'room/:room': { join: () => true }, 'tick/:room': { join: () => true } },
  } as never)
  return { client: await peer(at, { clock }), clock, counted }
}

test.each(['room', 'tick'])('the first on a channel hears what is published: %s', async (name) => {
  const { client, clock, counted } = await setup()
  client.say({ type: '$join', id: 1, channel: `${name}/1` })
  await client.heard()
  clock.advance(1000)
  client.request(2, 'say', name)
  expect(await client.heard()).toContainEqual(
    expect.objectContaining({ channel: `${name}/1`, data: 'hi' }),
  )
  expect(counted.listeners).toBe(1)
  client.say({ type: '$leave', id: 3, channel: `${name}/1` })
  await client.heard()
  expect(counted.listeners).toBe(0)
})

test('a channel whose only guest did not come is forgotten', async () => {
  const { client, clock, counted } = await setup()
  client.say({ type: '$join', id: 1, channel: 'room/1' })
  client.socket.close()
  await turn()
  clock.advance(1000)
  expect(counted.listeners).toBe(0)
})

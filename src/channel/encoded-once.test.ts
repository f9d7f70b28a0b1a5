import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { everyEvent } from '../../test/support/events.ts'
import { type Peer, anything, peer } from '../../test/support/peer.ts'
import { memoryBroker } from '../broker/memory.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'

const kinds = contract({
  channels: {
    plain: { events: { said: anything } },
    kept: { events: { said: anything }, history: { size: 100 } },
    latest: { events: { said: anything }, slow: 'latest' },
  },
})
type Kind = keyof typeof kinds.def.channels

/** A payload that counts how often it is made JSON of. */
class Counted {
  encodings = 0

  toJSON(): string {
    this.encodings++
    return 'hello'
  }
}

function setup() {
  const rule = { join: () => true }
  const at = socket(kinds, {
    broker: memoryBroker({ epoch: () => 'x1' }),
    channels: { plain: rule, kept: rule, latest: rule },
  })
  const app = new Hono().get('/', at)
  const outside = at.in({ env: {} } as never)
  const join = async (channel: Kind, arrays: boolean, ask: object = {}): Promise<Peer> => {
    const client = await peer(app, { arrays })
    client.say({ type: '$join', id: 1, channel, ...ask })
    return client
  }
  return { outside, join }
}

describe.each(['plain', 'kept', 'latest'] as const)('a publication on a channel %s', (channel) => {
  test.each([0, 1, 2, 50])('with twice %i subscribers is encoded once', async (count) => {
    const { outside, join } = setup()
    const clients: Peer[] = []
    for (let i = 0; i < count; i++) {
      clients.push(await join(channel, true), await join(channel, false))
    }
    for (const client of clients) await client.heard()
    const data = new Counted()
    await outside.channel(channel, {}).publish('said', data)
    const offset = channel === 'kept' ? { offset: 1 } : {}
    for (const client of clients) {
      expect(await client.heard()).toEqual([{ channel, ...offset, type: 'said', data: 'hello' }])
    }
    expect(data.encodings).toBe(1)
  })
})

test('a publication that somebody gets later is not encoded again', async () => {
  const { outside, join } = setup()
  const data = new Counted()
  const channel = outside.channel('kept', {})
  await channel.publish('said', data)
  for (const arrays of [true, false]) {
    for (const ask of [{ since: ['x1', 0] }, { last: 10 }]) {
      const frames = await (await join('kept', arrays, ask)).heard()
      const { publications } = frames.find(({ id }) => id === 1).data
      expect(publications).toEqual([{ offset: 1, type: 'said', data: 'hello' }])
    }
  }
  expect(await channel.history()).toEqual([{ offset: 1, type: 'said', data: 'hello' }])
  expect(data.encodings).toBe(1)
})

describe('with observers', () => {
  const heard = everyEvent()

  test('who are told its size, it is encoded once', async () => {
    const { outside, join } = setup()
    for (const arrays of [true, false]) await (await join('kept', arrays)).heard()
    const data = new Counted()
    await outside.channel('kept', {}).publish('said', data)
    expect(heard('published')).toMatchObject([{ channel: 'kept', count: 2 }])
    expect(data.encodings).toBe(1)
  })
})

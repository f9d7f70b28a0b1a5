import { Hono } from 'hono'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { everyEvent } from '../../test/support/events.ts'
import { type Peer, anything, peer, turn } from '../../test/support/peer.ts'
import { memoryBroker } from '../broker/memory.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { events } from '../testing/events.ts'

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
  /** Unlike any other: what was encoded last is remembered. */
  readonly word = `hello ${++words}`
  encodings = 0

  toJSON(): string {
    this.encodings++
    return this.word
  }
}
let words = 0

/** The app serves one of the channels by server-sent events, too. */
function setup(channel: Kind) {
  const rule = { join: () => true }
  const at = socket(kinds, {
    broker: memoryBroker({ epoch: () => 'x1' }),
    channels: { plain: rule, kept: rule, latest: rule },
    events: channel,
  })
  const app = new Hono().get('/', at)
  const join = async (arrays: boolean, ask: object = {}): Promise<Peer> => {
    const client = await peer(app, { arrays })
    client.say({ type: '$join', id: 1, channel, ...ask })
    return client
  }
  const read = async (): Promise<() => Promise<string>> => {
    const { body } = await events(app, '/', { clock: new TestClock() })
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
    await reader.read()
    return async () => (await reader.read()).value ?? ''
  }
  return { channel: at.in({ env: {} } as never).channel(channel, {}), join, read }
}

/** How many texts are made of it, by whomever. */
function textsOf(word: string): () => number {
  const spy = vi.spyOn(JSON, 'stringify')
  return () => spy.mock.results.filter(({ value }) => String(value).includes(word)).length
}
afterEach(() => void vi.restoreAllMocks())

describe.each(['plain', 'kept', 'latest'] as const)('a publication on a channel %s', (name) => {
  const offset = name === 'kept' ? { offset: 1 } : {}

  test.each([0, 1, 2, 50])('with twice %i subscribers is encoded once', async (count) => {
    const { channel, join } = setup(name)
    const clients: Peer[] = []
    for (let i = 0; i < count; i++) clients.push(await join(true), await join(false))
    for (const client of clients) await client.heard()
    const data = new Counted()
    const texts = textsOf(data.word)
    await channel.publish('said', data)
    await turn()
    expect([data.encodings, texts()]).toEqual([1, 1])
    for (const client of clients) {
      const said = { channel: name, ...offset, type: 'said', data: data.word }
      expect(await client.heard()).toEqual([said])
    }
  })

  test.each([1, 2, 50])('and once more for %i readers of events', async (count) => {
    const { channel, join, read } = setup(name)
    const clients: Peer[] = []
    const readers: (() => Promise<string>)[] = []
    for (let i = 0; i < count; i++) {
      clients.push(await join(true), await join(false))
      readers.push(await read())
    }
    for (const client of clients) await client.heard()
    const data = new Counted()
    const texts = textsOf(data.word)
    await channel.publish('said', data)
    await turn()
    expect([data.encodings, texts()]).toEqual([1, 2])
    for (const each of readers)
      expect(await each()).toContain(`event: said\ndata: "${data.word}"\n`)
  })
})

test('a publication that somebody gets later is not encoded again', async () => {
  const { channel, join } = setup('kept')
  const data = new Counted()
  await channel.publish('said', data)
  const texts = textsOf(data.word)
  for (const arrays of [true, false]) {
    for (const ask of [{ since: ['x1', 0] }, { last: 10 }]) {
      const frames = await (await join(arrays, ask)).heard()
      const { publications } = frames.find(({ id }) => id === 1).data
      expect(publications).toEqual([{ offset: 1, type: 'said', data: data.word }])
    }
  }
  expect(await channel.history()).toEqual([{ offset: 1, type: 'said', data: data.word }])
  expect([data.encodings, texts()]).toEqual([1, 0])
})

describe('with observers', () => {
  const heard = everyEvent()

  test('who are told its size, it is encoded once', async () => {
    const { channel, join } = setup('kept')
    for (const arrays of [true, false]) await (await join(arrays)).heard()
    const data = new Counted()
    await channel.publish('said', data)
    expect(heard('published')).toMatchObject([{ channel: 'kept', count: 2 }])
    expect(data.encodings).toBe(1)
  })
})

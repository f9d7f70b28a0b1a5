import { describe, expect, test } from 'vitest'
import { type Peer, anything, peer, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { SocketError } from '../errors.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'

const rooms = contract({
  requests: { say: { input: anything, output: anything } },
  channels: {
    'room/:room': { events: { said: anything } },
    'quiet/:room': { events: { said: anything } },
  },
})

/** A socket whose rooms may be joined under this rule; `say` publishes to `lobby`. */
function ruled(join?: (c: any, params: any) => unknown) {
  return socket(rooms, {
    requests: { say: (c) => c.channel('room/:room', { room: 'lobby' }).publish('said', c.data) },
    ...(join && { channels: { 'room/:room': { join: join as never } } }),
  })
}

async function joining(join?: (c: any, params: any) => unknown): Promise<any> {
  const client = await peer(ruled(join))
  client.say({ type: '$join', id: 1, channel: 'room/lobby' })
  const [frame] = await client.heard()
  client.request(2, 'say', 'hi')
  const heard = (await client.heard()).filter((said) => said.channel)
  return { frame, hears: heard.length === 1 }
}

const joined = { frame: { id: 1, data: {} }, hears: true }
const refused = {
  frame: { id: 1, error: { code: 'forbidden', message: 'not allowed to join' } },
  hears: false,
}
const said = (data: unknown): unknown => ({ channel: 'room/lobby', type: 'said', data })

describe('$join', () => {
  test('is granted by a rule that answers true, at once or later', async () => {
    expect(await joining(() => true)).toEqual(joined)
    expect(await joining(async () => true)).toEqual(joined)
  })

  test('is refused without a rule, and by every other answer', async () => {
    expect(await joining()).toEqual(refused)
    for (const answer of [undefined, false, null, 0, 1, 'true', {}, [], NaN]) {
      expect(await joining(() => answer)).toEqual(refused)
      expect(await joining(async () => answer)).toEqual(refused)
    }
  })

  test('is refused by a rule that throws, with its own word or internal', async () => {
    const heard: unknown[] = []
    const stop = observe((event) => heard.push(event.where))
    for (const [error, code] of [
      [new Error('secret'), 'internal'],
      ['secret', 'internal'],
      [new SocketError('not_found'), 'not_found'],
    ] as const) {
      for (const rule of [
        () => {
          throw error
        },
        () => Promise.reject(error),
      ]) {
        const { frame, hears } = await joining(rule)
        expect([frame.error.code, hears]).toEqual([code, false])
        expect(JSON.stringify(frame)).not.toContain('secret')
      }
    }
    stop()
    expect(heard).toEqual(Array(4).fill('request $join'))
  })

  test('asks the rule of that connection with the parameters, decoded', async () => {
    const asked: unknown[] = []
    const at = ruled((c, params) => asked.push([c.state, { ...params }]))
    const client = await peer(at)
    client.say({ type: '$join', id: 1, channel: 'room/%2E%2E' })
    await client.heard()
    expect(asked).toEqual([[{}, { room: '..' }]])
  })

  test('answers alike for what is forbidden, unknown, or no channel at all', async () => {
    const client = await peer(ruled((_, { room }) => room === 'lobby'))
    const names = [
      'room/other',
      'quiet/lobby',
      'nope',
      '',
      'room/',
      'room/:room',
      'room/*',
      '__proto__',
      5,
      null,
      {},
      [],
      undefined,
    ]
    for (const [i, channel] of names.entries()) {
      client.say({ type: '$join', id: i + 1, channel })
      expect([channel, await client.heard()]).toEqual([
        channel,
        [{ id: i + 1, error: refused.frame.error }],
      ])
    }
  })

  test('needs an id', async () => {
    const client = await peer(ruled(() => true))
    client.say({ type: '$join', channel: 'room/lobby' }, { type: '$leave', channel: 'room/lobby' })
    expect(await client.heard()).toMatchObject([
      { error: { code: 'unknown' } },
      { error: { code: 'unknown' } },
    ])
  })

  test('twice is heard once, and left by one $leave', async () => {
    const client = await peer(ruled(() => true))
    client.say(
      { type: '$join', id: 1, channel: 'room/lobby' },
      { type: '$join', id: 2, channel: 'room/lobby' },
    )
    client.request(3, 'say', 1)
    client.say({ type: '$leave', id: 4, channel: 'room/lobby' })
    client.request(5, 'say', 2)
    const frames = await client.heard()
    expect(frames.filter((frame) => frame.channel)).toEqual([said(1)])
    expect(frames.filter((frame) => frame.id).map((frame) => frame.data)).toEqual([
      {},
      {},
      null,
      null,
      null,
    ])
  })
})

describe('between the question and the answer', () => {
  async function asking(): Promise<{ ann: Peer; bob: Peer; answer: (allowed: unknown) => void }> {
    const gate = Promise.withResolvers<unknown>()
    const at = ruled(() => gate.promise)
    const [ann, bob] = [await peer(at), await peer(at)]
    ann.say({ type: '$join', id: 1, channel: 'room/lobby' })
    await turn()
    return { ann, bob, answer: gate.resolve }
  }

  test('nothing is heard that was said before the join', async () => {
    const { ann, bob, answer } = await asking()
    bob.request(1, 'say', 'early')
    expect(await ann.heard()).toEqual([])
    answer(true)
    await turn()
    bob.request(2, 'say', 'late')
    expect(await ann.heard()).toEqual([{ id: 1, data: {} }, said('late')])
  })

  test('an end of the connection leaves nobody on the channel', async () => {
    const at = ruled(async (c) => {
      await turn()
      seen.push(c)
      return true
    })
    const seen: any[] = []
    const ann = await peer(at)
    ann.say({ type: '$join', id: 1, channel: 'room/lobby' })
    ann.socket.close(1006)
    await turn()
    await turn()
    expect(seen[0].snapshot.channels).toEqual([])
    const bob = await peer(at)
    bob.request(1, 'say', 'alone')
    expect(await bob.heard()).toEqual([{ id: 1, data: null }])
  })

  test('a cancel is the answer, and leaves nobody on the channel', async () => {
    const { ann, bob, answer } = await asking()
    ann.say({ type: '$cancel', id: 1 })
    await turn()
    answer(true)
    await turn()
    bob.request(1, 'say', 'hi')
    expect(await ann.heard()).toMatchObject([{ id: 1, error: { code: 'canceled' } }])
  })
})

describe('$leave', () => {
  test('ends what is heard before its answer', async () => {
    for (const arrays of [false, true]) {
      const client = await peer(
        ruled(() => true),
        { arrays },
      )
      client.say([
        { type: '$join', id: 1, channel: 'room/lobby' },
        { type: 'say', id: 2, data: 1 },
        { type: '$leave', id: 3, channel: 'room/lobby' },
        { type: 'say', id: 4, data: 2 },
      ])
      const frames = await client.heard()
      const leave = frames.findIndex((frame) => frame.id === 3)
      expect(frames[leave]).toEqual({ id: 3, data: null })
      expect(frames.slice(0, leave).filter((frame) => frame.channel)).toEqual([said(1)])
      expect(frames.slice(leave).filter((frame) => frame.channel)).toEqual([])
    }
  })

  test('of a channel that one is not on, or of none, is no error', async () => {
    const client = await peer(ruled(() => true))
    for (const [i, channel] of ['room/lobby', 'nope', 5, null, undefined].entries()) {
      client.say({ type: '$leave', id: i + 1, channel })
    }
    expect(await client.heard()).toEqual([1, 2, 3, 4, 5].map((id) => ({ id, data: null })))
  })
})

import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { anything, peer, standard, turn } from '../../test/support/peer.ts'
import { noUnhandledRejections } from '../../test/support/rejections.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'

noUnhandledRejections()

let checks = 0
const counted = standard((value) => {
  checks++
  return { value }
})
const room = contract({
  requests: { act: { input: anything, output: anything } },
  channels: {
    room: {
      events: {
        counted,
        strict: z.object({ n: z.number().transform((n) => n + 1) }),
        late: standard(async (value) =>
          value === 'bad' ? { issues: [{ message: 'no' }] } : { value },
        ),
        failing: standard(() => Promise.reject(new Error('secret'))),
        throwing: standard(() => {
          throw new Error('secret')
        }),
      },
    },
  },
})

/** Connections on the channel, of which the first does what the test says. */
async function members(act: (channel: any, c: any) => unknown, count = 1) {
  const at = socket(room, {
    requests: { act: (c) => act(c.channel('room', {}), c) },
    channels: { room: { join: () => true } },
  })
  const app = new Hono().get('/', at).post('/', async (c) => {
    const channel: any = at.in(c).channel('room', {})
    return c.json({ result: (await act(channel, c)) ?? null })
  })
  app.onError((error, c) => c.text(error.name, 500))
  const clients = []
  for (let i = 0; i < count; i++) {
    const client = await peer(app, { arrays: i % 2 === 1 })
    client.say({ type: '$join', id: 1, channel: 'room' })
    await client.heard()
    clients.push(client)
  }
  return { app, clients, first: clients[0]! }
}

describe('publish', () => {
  test('checks and encodes once, however many hear it', async () => {
    let encoded = 0
    const data = { toJSON: () => ({ encoded: ++encoded }) }
    checks = 0
    const { clients, first } = await members((channel) => channel.publish('counted', data), 12)
    first.request(2, 'act')
    for (const client of clients) {
      expect((await client.heard()).filter((frame) => frame.channel)).toEqual([
        { channel: 'room', type: 'counted', data: { encoded: 1 } },
      ])
    }
    expect([checks, encoded]).toEqual([1, 1])
  })

  test('sends what the schema makes of the data', async () => {
    const { first } = await members((channel) => channel.publish('strict', { n: 1, extra: 'x' }))
    first.request(2, 'act')
    expect(await first.heard()).toContainEqual({ channel: 'room', type: 'strict', data: { n: 2 } })
  })

  test('waits for a schema that takes its time, and then comes whole', async () => {
    const { first } = await members((channel) => channel.publish('late', 'ok'))
    first.request(2, 'act')
    expect(await first.heard()).toEqual([
      { channel: 'room', type: 'late', data: 'ok' },
      { id: 2, data: null },
    ])
  })

  const bad: [string, unknown][] = [
    ['nope', 1],
    ['constructor', 1],
    ['strict', { n: 'x' }],
    ['strict', undefined],
    ['counted', 5n],
    ['throwing', 1],
    ['late', 'bad'],
    ['failing', 1],
  ]
  for (const [event, data] of bad) {
    test(`of ${event} with what is wrong fails, is heard by nobody, and harms nobody`, async () => {
      const { app, clients, first } = await members((channel) => channel.publish(event, data), 2)
      first.request(2, 'act')
      expect(await first.heard()).toEqual([
        { id: 2, error: { code: 'internal', message: 'internal error' } },
      ])
      const answer = await app.request('/', { method: 'POST' })
      expect(answer.status).toBe(500)
      expect(await clients[1]!.heard()).toEqual([])
    })

    test(`of ${event} with what is wrong is no unhandled rejection if nobody waits for it`, async () => {
      const act = async (channel: any): Promise<void> => {
        await turn()
        try {
          void channel.publish(event, data)
        } catch {
          // at once
        }
      }
      const { first } = await members(act)
      first.request(2, 'act')
      await turn()
      expect(await first.heard()).toEqual([{ id: 2, data: null }])
    })
  }

  test('where nobody listens is no error', async () => {
    const at = socket(room, {
      requests: { act: (c) => c.channel('room', {}).publish('counted', 1) },
    })
    const client = await peer(at)
    client.request(1, 'act')
    expect(await client.heard()).toEqual([{ id: 1, data: null }])
  })

  test('from an app that was never connected to is no error', async () => {
    const at = socket(room, { requests: { act: () => 1 } })
    const app = new Hono().post('/', async (c) => {
      await at.in(c).channel('room', {}).publish('counted', 1)
      return c.text('ok')
    })
    expect((await app.request('/', { method: 'POST' })).status).toBe(200)
  })
})

test('a channel that the contract does not have is a TypeError at once', async () => {
  const at = socket(room, { requests: { act: () => 1 } })
  const app = new Hono().get('/', (c) => {
    for (const name of ['nope', 'constructor', '__proto__']) {
      expect(() => at.in(c).channel(name as never, {} as never)).toThrow(/^Cannot use channel/)
    }
    return c.text('ok')
  })
  expect((await app.request('/')).status).toBe(200)
})

import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { everyEvent } from '../../test/support/events.ts'
import { anything, turn } from '../../test/support/peer.ts'
import type { Connection } from '../connection/connection.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'
import { TestClock } from '../testing/clock.ts'
import { connect } from '../testing/connect.ts'
import { Audience } from './audience.ts'
import { Topic } from './topic.ts'

const heard = everyEvent()

const talk = contract({
  messages: { say: anything },
  channels: { 'room/:room': { events: { said: anything } } },
})
const at = socket(talk, {
  open: async (c) => {
    await c.join('room/:room', { room: 'lobby' })
  },
  messages: { say: (c) => void c.channel('room/:room', { room: 'lobby' }).publish('said', c.data) },
  channels: { 'room/:room': { join: () => true } },
})

describe('a publication', () => {
  test('is told with its channel as the contract has it, and to how many it goes', async () => {
    const app = new Hono().get('/a/:id', at).get('/b/:id', at)
    const clock = new TestClock()
    const [first] = [
      await connect(app, '/a/1', { clock }),
      await connect(app, '/a/2', { clock }),
      await connect(app, '/b/1', { clock }),
    ]
    await turn()
    heard()
    first.send({ type: 'say', data: 'é' })
    await turn()
    // {"channel":"room/lobby","type":"said","data":"é"}
    const sent = { type: 'sent', count: 1, sizeBytes: 50 }
    expect(heard('published', 'sent')).toEqual([
      { type: 'published', channel: 'room/:room', event: 'said', count: 3, sizeBytes: 50 },
      { ...sent, route: '/a/:id' },
      { ...sent, route: '/a/:id' },
      { ...sent, route: '/b/:id' },
    ])
  })

  test('is told where nobody is', async () => {
    const c = { env: {} } as never
    await at.in(c).channel('room/:room', { room: 'empty' }).publish('said', 1)
    expect(heard()).toEqual([
      { type: 'published', channel: 'room/:room', event: 'said', count: 0, sizeBytes: 47 },
    ])
  })

  test('that the runtime sends by itself is told once for each route', () => {
    const topics = { publish: () => 1 }
    const audience = new Audience('0:room')
    for (const route of ['/a', '/b', '/a']) {
      audience.add({ transport: { topics }, snapshot: { route } } as unknown as Connection)
    }
    expect(audience.size).toBe(3)
    audience.send('é')
    expect(heard()).toEqual([
      { type: 'sent', route: '/a', count: 2, sizeBytes: 2 },
      { type: 'sent', route: '/b', count: 1, sizeBytes: 2 },
    ])
  })
})

describe('what a client is too slow for', () => {
  /** What is told of two publications and two more to somebody who is behind. */
  function missed(slow: 'drop' | 'latest'): unknown[] {
    const clock = new TestClock()
    const topic = new Topic('0:room', 'room/:room', slow)
    const transport = {
      ...{ timers: { ...clock, joins: 'never', now: () => 0, after: () => () => {} } },
      ...{ bufferedAmount: 90, limits: { maxQueueBytes: 100 } },
    }
    const labels = { connection: 'c_1', route: '/a' }
    topic.add({ transport, labels, snapshot: { protocol: '' }, push() {} } as never)
    for (const event of ['x', 'y', 'x', 'y']) topic.publish(`"${event}"`, event)
    return heard()
  }
  const drop = { type: 'drop', route: '/a', channel: 'room/:room', count: 1 }

  test('is told, each once', () => {
    expect(missed('drop')).toEqual([drop, drop, drop, drop])
  })

  test('is told when something newer takes its place', () => {
    expect(missed('latest')).toEqual([drop, drop])
  })
})

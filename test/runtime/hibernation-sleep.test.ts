import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { launch } from '../../tools/launch.ts'
import { Client, life, said, say } from './durable/client.ts'

const server = await launch({
  runtime: 'durable',
  entry: `${import.meta.dirname}/durable/entry.ts`,
})
afterAll(() => server.close())

/** The runtime puts an object to sleep after ten seconds without an event. */
const ASLEEP_MS = 11_500
const TIMEOUT_MS = 25_000

const enter = (room: string, name: string): Promise<Client> => Client.in(server.url, room, name)

// All rooms sleep at the same time.
describe.concurrent('an object left alone', () => {
  test(
    'comes back with identity, state and channels, and without a second open',
    async ({ expect }) => {
      const [ann, ben] = [await enter('back', 'ann'), await enter('back', 'ben')]
      await ann.ask('set', 5, { mood: ['calm', { since: 1 }] })
      const before = await ann.ask('whoami', 6)
      await sleep(ASLEEP_MS)
      expect({ ...(await ann.ask('whoami', 7)), id: 6 }).toEqual(before)
      expect(before.data.state).toMatchObject({ opened: 1, mood: ['calm', { since: 1 }] })
      expect((await life(server.url, 'back')).instances).toBe(2)
      ann.send({ type: 'say', id: 8, data: { text: 'good morning' } })
      await ben.find(said('good morning'))
      expect((await ben.ask('whoami', 1)).data.state).toMatchObject({ name: 'ben', opened: 1 })
      ann.send({ type: 'whoami', id: 8 })
      expect(await ann.closed()).toBe(4000)
    },
    TIMEOUT_MS,
  )

  test(
    'answers ping in its sleep',
    async ({ expect }) => {
      const ann = await enter('ping', 'ann')
      const { instances, bornAt } = await life(server.url, 'ping')
      await sleep(ASLEEP_MS)
      for (let i = 0; i < 3; i++) {
        ann.socket.send('ping')
        expect(await ann.find((frame) => frame === 'pong')).toBe('pong')
      }
      await sleep(500)
      const lastPingAt = Date.now() - 250
      await ann.ask('whoami', 1)
      const after = await life(server.url, 'ping')
      // The one new object is younger than the last ping: none of them has woken it.
      expect(after.instances).toBe(instances + 1)
      expect(after.bornAt).toBeGreaterThan(lastPingAt)
      expect(lastPingAt).toBeGreaterThan(bornAt + ASLEEP_MS)
    },
    TIMEOUT_MS,
  )

  test(
    'hears a publication from a Worker',
    async ({ expect }) => {
      const all = [await enter('publish', 'ann'), await enter('publish', 'ben')]
      await sleep(ASLEEP_MS)
      expect((await say(server.url, 'publish', 'wake up')).status).toBe(204)
      for (const client of all) expect((await client.find(said('wake up'))).data.from).toBe('http')
      expect((await life(server.url, 'publish')).instances).toBe(2)
    },
    TIMEOUT_MS,
  )

  test(
    'answers a Close with its code, and tells the others',
    async ({ expect }) => {
      const [ann, ben, cy] = [
        await enter('close', 'ann'),
        await enter('close', 'ben'),
        await enter('close', 'cy'),
      ]
      await sleep(ASLEEP_MS)
      ben.socket.close(4321, 'bye')
      expect(await ben.closed()).toBe(4321)
      await ann.find(said('left 4321 bye'))
      cy.socket.reset()
      await ann.find((frame) => frame.data?.text?.startsWith('left 1006'))
      expect(await life(server.url, 'close')).toMatchObject({ instances: 2, sockets: 1 })
    },
    TIMEOUT_MS,
  )

  test(
    'stays awake for a stream without credit and a handler that waits',
    async ({ expect }) => {
      const [ann, ben] = [await enter('stream', 'ann'), await enter('wait', 'ben')]
      ann.send({ type: 'count', id: 1, data: { to: 40 } })
      await ann.find((frame) => frame.item === 32)
      ben.send({ type: 'await', data: { text: 'there you are' } })
      await sleep(ASLEEP_MS)
      ann.send({ type: '$more', id: 1, count: 32 })
      await ann.find((frame) => frame.item === 40)
      expect(await ann.next()).toEqual({ id: 1, end: true })
      await ben.ask('release', 1)
      await ben.find(said('there you are'))
      for (const room of ['stream', 'wait']) {
        expect((await life(server.url, room)).instances).toBe(1)
      }
    },
    TIMEOUT_MS,
  )
})

test('nothing was reported by the runtime', () => {
  expect(server.stderr()).toBe('')
})

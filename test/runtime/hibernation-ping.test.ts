import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { isCi } from '../../tools/ci.ts'
import { launch } from '../../tools/launch.ts'
import { Square } from './durable/policies/square.ts'

const server = await launch({
  runtime: 'durable',
  entry: `${import.meta.dirname}/durable/policies/entry.ts`,
})
afterAll(() => server.close())
const square = new Square(server.url)

/** The runtime puts an object to sleep after ten seconds without an event. */
const ASLEEP_MS = 11_500
/** Long enough to fall asleep, and to be woken; a whole minute by `npm run ping-minute`, and where nobody waits. */
const PING_MS = Number(process.env['PING_MS'] ?? (isCi() ? 60_000 : 16_000))
const TIMEOUT_MS = PING_MS + 20_000

const protocols = ['denwa.v1.json']

// All sleep at the same time.
describe.concurrent('an object on a bare runtime', () => {
  test(
    'is not woken once by a hundred clients that ping more often than the heartbeat asks',
    async ({ expect }) => {
      const all = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          square.enter('pulse/hundred', { name: `${i}`, protocols }),
        ),
      )
      for (const each of all) {
        expect((await each.next()).beat).toBe(3000)
        await each.find(({ type }) => type === '$joined')
      }
      expect((await square.object('hundred')).instances).toBe(1)
      const end = Date.now() + PING_MS
      let pings = 0
      while (Date.now() < end) {
        for (const { socket } of all) socket.send('ping')
        pings++
        await sleep(500)
      }
      for (const each of all) {
        for (let i = 0; i < pings; i++) expect(await each.next()).toBe('pong')
      }
      // Half a second after the last ping
      const asked = Date.now() - 100
      const { born, alarms, sockets } = await square.object('hundred')
      // It has slept, or there would be no second instance; and that one came with this question.
      expect(born).toHaveLength(2)
      expect(born[1]).toBeGreaterThanOrEqual(asked)
      expect([alarms, sockets]).toEqual([[], 100])
      // Awake, it finds none of them silent.
      await square.post('/publish/hundred', 'good morning')
      for (const each of all) expect((await each.next(5000)).data).toBe('good morning')
      expect((await square.object('hundred')).instances).toBe(2)
    },
    TIMEOUT_MS,
  )

  test(
    'finds an expired identity before any handler runs',
    async ({ expect }) => {
      const ann = await square.enter('credential/expired', { token: 'ann.5000' })
      const ben = await square.enter('credential/expired', { token: 'ben' })
      await ben.next()
      await square.object('expired', 'mute')
      await sleep(ASLEEP_MS)
      ann.send({ type: 'whoami', id: 1 })
      expect(await ann.closed()).toBe(4101)
      await ben.ask('say', 1, 'hello')
      expect(await square.notes('expired')).toEqual([
        'ann open',
        'ben open',
        'ann close 4101',
        'ben say',
      ])
      expect((await square.object('expired')).instances).toBe(2)
    },
    TIMEOUT_MS,
  )

  test(
    'is woken by its alarm, to ask for a new credential and to end the connection',
    async ({ expect }) => {
      const since = Date.now()
      const ann = await square.enter('credential/woken', { token: 'ann.12500', protocols })
      for (let i = 0; i < 2; i++) await ann.next()
      expect(await ann.next(TIMEOUT_MS)).toMatchObject({ type: '$reauth' })
      expect(Date.now() - since).toBeGreaterThanOrEqual(12_000)
      expect(await ann.closed(TIMEOUT_MS)).toBe(4101)
      expect(Date.now() - since).toBeGreaterThanOrEqual(13_500)
      const { alarms, instances } = await square.object('woken')
      expect([alarms.length, instances]).toEqual([2, 2])
    },
    TIMEOUT_MS,
  )
})

test('nothing was reported by the runtime, and nothing went wrong', async () => {
  expect(server.stderr()).toBe('')
  expect(await square.notes('errors')).toEqual([])
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { request } from '../../src/testing/raw-client.ts'
import { Client, type Json, PATIENCE_MS, said } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

vi.setConfig({ testTimeout: 30_000 })

const server = await serveEvicting('far/entry.ts', { PERSON: 'Person', ROOM: 'Room' })
afterAll(() => server.close())
const { url } = server

const enter = (user: string, name = user): Promise<Client> => Client.in(url, user, name)
const ask = async (target: string): Promise<Json> =>
  JSON.parse((await request(url, { target, timeoutMs: PATIENCE_MS })).body)
const say = async (channel: string, body: string): Promise<number> => {
  const target = `/say/${channel}`
  return (await request(url, { target, method: 'POST', body, timeoutMs: PATIENCE_MS })).status
}
async function join(client: Client, id: number, channel: string, more: object = {}): Promise<Json> {
  client.send({ type: '$join', id, channel, ...more })
  const { data, error } = await client.find((frame) => frame.id === id)
  return data ?? error
}
const texts = (publications: Json[] = []): string[] => publications.map(({ data }) => data.text)
async function until<T>(look: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await look()
    if (done(value) || tries === 100) return value
    await sleep(50)
  }
}

describe('two objects with connections, and one with their channel', () => {
  test('hear what a Worker and what a connection publishes, in order', async () => {
    const [ann, ben, cy] = [await enter('ann-1'), await enter('ben-1'), await enter('ann-1')]
    for (const client of [ann, ben]) {
      const { position } = await join(client, 1, 'log/one')
      expect(position[1]).toBe(0)
    }
    expect(await say('log/one', 'from a Worker')).toBe(204)
    const answer = await cy.ask('say', 1, { channel: 'log/one', text: 'from cy' })
    expect(answer.error).toBeUndefined()
    for (let i = 0; i < 20; i++) expect(await say('log/one', `${i}`)).toBe(204)
    for (const client of [ann, ben]) {
      await client.find(said('from a Worker'))
      expect((await client.next()).data.text).toBe('from cy')
      for (let i = 0; i < 20; i++) {
        expect(await client.next()).toMatchObject({ offset: i + 3, data: { text: `${i}` } })
      }
    }
    expect(texts(await ask('/history/one'))).toHaveLength(22)
    expect((await ann.ask('history', 3, 'log/one')).data).toHaveLength(22)
  })

  test('hear what is not kept', async () => {
    const [ann, ben] = [await enter('ann-2'), await enter('ben-2')]
    for (const client of [ann, ben]) expect(await join(client, 1, 'live/two')).toEqual({})
    await say('live/two', 'one')
    await ann.ask('say', 2, { channel: 'live/two', text: 'two' })
    await ben.find(said('one'))
    await ben.find(said('two'))
    await server.evict('ben-2')
    await server.evict('live/two', 'Room')
    await say('live/two', 'three')
    await ben.find(said('three'))
  })
})

const naps: Record<string, (user: string, channel: string) => Promise<unknown>> = {
  nobody: async () => {},
  'the connections': (user) => server.evict(user),
  'the channel': (_, channel) => server.evict(channel, 'Room'),
  both: async (user, channel) => {
    await server.evict(user)
    await server.evict(channel, 'Room')
  },
}

describe.each(Object.keys(naps))('with %s asleep in between', (who) => {
  const n = Object.keys(naps).indexOf(who)
  const nap = (user: string): Promise<unknown> => naps[who]!(user, `log/nap-${n}`)
  const channel = `log/nap-${n}`

  test('nobody misses anything, and nobody hears it twice', async () => {
    const [ann, ben] = [await enter(`ann-nap-${n}`), await enter(`ben-nap-${n}`)]
    const { position } = await join(ann, 1, channel)
    await join(ben, 1, channel)
    const heard: number[] = []
    for (let i = 1; i <= 5; i++) {
      await nap(`ben-nap-${n}`)
      await say(channel, `${i}`)
      heard.push((await ben.find(said(`${i}`))).offset)
      expect((await ann.find(said(`${i}`))).offset).toBe(i)
    }
    expect(heard).toEqual([1, 2, 3, 4, 5])
    ann.socket.destroy()
    await say(channel, '6')
    await nap(`ben-nap-${n}`)
    await say(channel, '7')
    await nap(`ann-nap-${n}`)
    const again = await enter(`ann-nap-${n}`)
    const joined = await join(again, 1, channel, { since: [position[0], 5] })
    expect(joined).toMatchObject({ recovered: true, position: [position[0], 7] })
    expect(texts(joined.publications)).toEqual(['6', '7'])
    await nap(`ann-nap-${n}`)
    // Somebody else comes to an object that knows not where it is.
    const third = await enter(`ben-nap-${n}`)
    expect((await join(third, 1, channel, { since: [position[0], 7] })).recovered).toBe(true)
    await say(channel, '8')
    for (const client of [again, third, ben]) {
      expect((await client.find(said('8'))).offset).toBe(8)
    }
    expect(ben.log.filter((text) => text.includes('"text":"8"'))).toHaveLength(1)
  })
})

describe('an object', () => {
  test('is not woken for a channel that nobody in it is on', async () => {
    const [ann, ben] = [await enter('ann-3'), await enter('ben-3')]
    await join(ann, 1, 'log/three')
    await ben.ask('whoami', 1)
    await server.evict('ben-3')
    const before = await ask('/room/log/three')
    for (let i = 0; i < 3; i++) await say('log/three', `${i}`)
    await ann.find(said('2'))
    expect(before.rows).toHaveLength(1)
    expect(await server.evict('ben-3')).toBe(false)
    expect((await ask('/person/ben-3')).requests).toBe(1)
  })

  test('is not asked for anything when it wakes', async () => {
    const ann = await enter('ann-4')
    await join(ann, 1, 'log/four')
    const before = await ask('/room/log/four')
    for (let id = 2; id < 5; id++) {
      await server.evict('ann-4')
      await ann.ask('whoami', id)
    }
    expect((await ask('/room/log/four')).requests).toBe(before.requests)
  })

  test.each(['awake', 'asleep'])(
    'that is %s hears nothing after its last has left',
    async (how) => {
      const channel = `log/left-${how}`
      const user = `ann-left-${how}`
      const [ann, too] = [await enter(user), await enter(user)]
      await join(ann, 1, channel)
      await join(too, 1, channel)
      if (how === 'asleep') await server.evict(user)
      ann.socket.destroy()
      await sleep(200)
      await say(channel, 'one')
      await too.find(said('one'))
      if (how === 'asleep') await server.evict(user)
      too.send({ type: '$leave', id: 2, channel })
      await too.find(({ id }) => id === 2)
      const { rows } = await until(
        () => ask(`/room/${channel}`),
        (room) => room.rows.length === 0,
      )
      expect(rows).toEqual([])
      const { requests } = await ask(`/person/${user}`)
      await say(channel, 'two')
      await sleep(200)
      expect((await ask(`/person/${user}`)).requests).toBe(requests)
    },
  )

  test('may sleep though it listens', async () => {
    const ann = await enter('ann-5')
    await join(ann, 1, 'log/five')
    await join(ann, 2, 'who/five')
    await say('log/five', 'good night')
    await ann.find(said('good night'))
    await sleep(12_500)
    expect(await server.evict('ann-5')).toBe(false)
    // It has looked once more whether everything was acknowledged.
    await sleep(5000)
    expect(await server.evict('log/five', 'Room')).toBe(false)
    await say('log/five', 'good morning')
    await ann.find(said('good morning'))
  })
})

test('a revocation reaches all objects', async () => {
  const [ann, ben] = [await enter('ann-6', 'x'), await enter('ben-6', 'x')]
  for (const client of [ann, ben]) await join(client, 1, 'log/revoked')
  await server.evict('ben-6')
  const { data } = await ann.ask('revoke', 2, { name: 'x' })
  expect(data).toBe(2)
  await ben.find(({ type }) => type === '$left')
})

test('nobody else can say what only objects say', async () => {
  const errand = { do: 'append', address: 'log/forged', draft: { event: 'said', body: '{}' } }
  const answer = await request(url, {
    target: '/command',
    method: 'POST',
    body: JSON.stringify(errand),
    headers: { host: 'object.denwa.invalid', 'x-forwarded-proto': 'https' },
  })
  expect(answer.status).toBe(404)
  expect(await ask('/history/forged')).toEqual([])
})

describe('who is on a channel', () => {
  const joined =
    (name: string) =>
    (frame: Json): boolean =>
      frame.type === '$presence' &&
      Object.values(frame.joined ?? {}).some((meta: Json) => meta.name === name)
  const left = (frame: Json): boolean => frame.type === '$presence' && frame.left?.length > 0

  test.each(['awake', 'asleep'])('is told across objects that are %s', async (how) => {
    const channel = `who/all-${how}`
    const nap = async (user: string): Promise<void> => {
      if (how === 'asleep') await server.evict(user)
    }
    const ann = await enter(`ann-who-${how}`)
    await join(ann, 1, channel)
    await nap(`ann-who-${how}`)
    const ben = await enter(`ben-who-${how}`)
    const { presence } = await join(ben, 1, channel)
    expect(Object.values(presence.members)).toEqual([{ name: `ann-who-${how}` }])
    await ann.find(joined(`ben-who-${how}`))
    await nap(`ann-who-${how}`)
    await nap(`ben-who-${how}`)
    const cy = await enter(`cy-who-${how}`)
    await join(cy, 1, channel)
    for (const client of [ann, ben]) await client.find(joined(`cy-who-${how}`))
    expect(await ask(`/members/all-${how}`)).toHaveLength(3)
    await nap(`ann-who-${how}`)
    cy.socket.close(1000)
    await cy.closed()
    for (const client of [ann, ben]) await client.find(left)
    expect(await ask(`/members/all-${how}`)).toHaveLength(2)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { request } from '../../src/testing/raw-client.ts'
import { Client, type Json, PATIENCE_MS, said, say } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

vi.setConfig({ testTimeout: 30_000 })

const server = await serveEvicting('history/entry.ts', { ROOM: 'Room' })
afterAll(() => server.close())
const { url } = server
const protocols = ['denwa.v1.json']

const enter = (room: string, name = ''): Promise<Client> => Client.in(url, room, name)
const life = async (room: string): Promise<Json> =>
  JSON.parse((await request(url, { target: `/life/${room}`, timeoutMs: PATIENCE_MS })).body)

async function join(client: Client, id: number, channel: string, more: object = {}): Promise<Json> {
  client.send({ type: '$join', id, channel, ...more })
  return (await client.find((frame) => frame.id === id)).data
}

const texts = (publications: Json[] = []): string[] => publications.map(({ data }) => data.text)
const offsets = (publications: Json[] = []): number[] => publications.map(({ offset }) => offset)

describe.each(['awake', 'asleep'])('an object that is %s in between', (condition) => {
  const nap = async (room: string): Promise<void> => {
    if (condition === 'asleep') expect(await server.evict(room)).toBe(true)
  }

  test('gives a client that comes back all that it missed, once and in order', async () => {
    const room = `cut-${condition}`
    const [ann, ben] = [await enter(room), await enter(room)]
    const { position } = await join(ann, 1, `log/${room}`)
    await join(ben, 1, `log/${room}`)
    await say(url, room, 'one')
    const one = await ann.find(said('one'))
    expect(one.offset).toBe(position[1] + 1)
    ann.socket.destroy()
    await nap(room)
    await say(url, room, 'two')
    await nap(room)
    await ben.ask('say', 2, { text: 'three' })
    await nap(room)
    const again = await enter(room)
    const since = [position[0], one.offset]
    const joined = await join(again, 1, `log/${room}`, { since })
    expect(joined).toMatchObject({ recovered: true, position: [position[0], 3] })
    expect(texts(joined.publications)).toEqual(['two', 'three'])
    expect(offsets(joined.publications)).toEqual([2, 3])
    await nap(room)
    await say(url, room, 'four')
    for (const client of [ben, again]) expect((await client.find(said('four'))).offset).toBe(4)
  })

  test('says what is lost, and that nothing is to who has everything', async () => {
    const room = `short-${condition}`
    const ann = await enter(room)
    const { position } = await join(ann, 1, `short/${room}`)
    for (let id = 2; id < 6; id++) await ann.ask('say', id, { text: `${id}` })
    await nap(room)
    const ben = await enter(room)
    const lost = await join(ben, 1, `short/${room}`, { since: position })
    expect(lost).toEqual({ position: [position[0], 4], recovered: false, reason: 'evicted' })
    const cy = await enter(room)
    const whole = await join(cy, 1, `short/${room}`, { since: [position[0], 4] })
    expect(whole).toEqual({ position: [position[0], 4], recovered: true })
  })

  test('tells its history, to a connection and to a Worker', async () => {
    const room = `told-${condition}`
    const ann = await enter(room)
    await say(url, room, 'one')
    await ann.ask('say', 1, { text: 'two' })
    await nap(room)
    const { data } = await ann.ask('history', 2, { last: 1 })
    expect(data).toEqual([{ offset: 2, type: 'said', data: { text: 'two' } }])
    await nap(room)
    const { body } = await request(url, { target: `/history/${room}`, timeoutMs: PATIENCE_MS })
    expect(texts(JSON.parse(body))).toEqual(['one', 'two'])
  })
})

test('has no tables before there is something to keep', async () => {
  const ann = await enter('empty')
  await ann.ask('whoami', 1)
  expect((await life('empty')).tables).toEqual([])
  await join(ann, 2, 'log/empty')
  expect((await life('empty')).tables).toContain('denwa_publications')
})

test('a ping wakes nobody from a channel with history', async () => {
  const ann = await enter('ping')
  await join(ann, 1, 'log/ping')
  await server.evict('ping')
  ann.socket.send('ping')
  expect(await ann.next()).toBe('pong')
  expect(await server.evict('ping')).toBe(false)
})

test('nothing that is left behind keeps the object awake', async () => {
  const [ann, ben] = [await enter('left'), await enter('left')]
  await join(ann, 1, 'log/left')
  await join(ben, 1, 'log/left')
  ben.socket.destroy()
  await say(url, 'left', 'good night')
  await ann.find(said('good night'))
  await sleep(12_000)
  expect(await server.evict('left')).toBe(false)
})

test('what clients read does not depend on whether the object slept between any two steps', async () => {
  const awake = await trace('awake', async () => {})
  let sleeps = 0
  const slept = await trace('slept', async () => {
    if (await server.evict('slept')) sleeps++
  })
  expect(slept).toEqual(awake)
  expect(slept.flat().length).toBeGreaterThan(20)
  expect((await life('awake')).instances).toBe(1)
  expect(sleeps).toBeGreaterThan(10)
  expect((await life('slept')).instances).toBe(sleeps + 1)
})

/** What each of three clients reads, to the letter; `between` runs between any two steps. */
async function trace(room: string, between: () => Promise<void>): Promise<string[][]> {
  const [ann, ben, cy] = [
    await Client.in(url, room, 'ann', { protocols }),
    await enter(room, 'ben'),
    await enter(room, 'cy'),
  ]
  const { id, keys } = await ann.next()
  const channel = `log/${room}`
  let position: Json
  const hear = async (text: string, ...clients: Client[]): Promise<void> => {
    for (const client of clients) await client.find(said(text))
  }
  const steps: (() => Promise<unknown>)[] = [
    async () => ({ position } = await join(ann, 1, channel)),
    () => join(ben, 1, channel, { last: 10 }),
    async () => {
      await say(url, room, 'one')
      await hear('one', ann, ben)
    },
    () => join(cy, 1, channel, { since: position }),
    async () => {
      ben.send({ type: 'say', id: 2, data: { text: 'two' } })
      await hear('two', ann, ben, cy)
    },
    async () => {
      for (let i = 0; i < 5; i++) await say(url, room, `more ${i}`)
      await hear('more 4', ann, ben, cy)
    },
    () => ann.ask('history', 2, { last: 3 }),
    () => join(ann, 3, channel, { since: [position[0], 3] }),
    () => join(ann, 4, channel, { since: ['another', 3] }),
    async () => {
      ben.send({ type: '$leave', id: 3, channel })
      await ben.find((frame) => frame.id === 3)
    },
    async () => {
      ann.send({ type: 'say', id: 5, data: { text: 'without ben' } })
      await hear('without ben', ann, cy)
    },
    () => join(ben, 4, channel, { since: [position[0], 5] }),
    () => join(cy, 2, `short/${room}`, { last: 2 }),
    () => cy.ask('say', 3, { text: 'twice' }),
    () => hear('twice', ann, ben),
  ]
  for (const step of steps) {
    await between()
    await step()
  }
  const known: Record<string, string> = {
    [id]: 'ann',
    [keys]: 'keys',
    [room]: 'room',
    [position[0]]: 'epoch',
  }
  const ends = [ann, ben, cy].map(({ log }) => log)
  const epochs = new Set(ends.flat().flatMap((text) => text.match(/(?<="position":\[")\w+/g) ?? []))
  for (const [index, epoch] of [...epochs].entries()) known[epoch] = `epoch ${index}`
  return ends.map((log) =>
    log.map((text) =>
      Object.entries(known).reduce((all, [from, to]) => all.replaceAll(from, to), text),
    ),
  )
}

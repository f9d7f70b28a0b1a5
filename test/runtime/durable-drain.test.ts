import { afterAll, describe, expect, test } from 'vitest'
import { dial, readAnswer, request, upgradeRequest } from '../../src/testing/raw-client.ts'
import type { Answer } from '../../src/testing/raw-client.ts'
import { crowd } from './drain/crowd.ts'
import { Client } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

const server = await serveEvicting('../drain/durable.ts', { ROOM: 'Room' })
afterAll(() => server.close())
const { url } = server

const protocols = ['denwa.v1.json']
const enter = (room: string, options = {}): Promise<Client> =>
  Client.at(url, `/socket/${room}`, options)
const isBye = ({ type }: { type?: string }): boolean => type === '$bye'
const isAnswer = ({ id, type }: { id?: number; type?: string }): boolean =>
  id === 1 || type === '$bye'

/** Drains a room, and tells how long it took. */
async function drain(room: string, query = ''): Promise<number> {
  const target = `/drain/${room}${query}`
  const { status, body } = await request(url, { target, method: 'POST', timeoutMs: 10_000 })
  expect(status).toBe(200)
  return Number(body)
}

async function knock(room: string): Promise<Answer> {
  const wire = await dial(url)
  wire.write(upgradeRequest(url, { target: `/socket/${room}` }))
  const answer = await readAnswer(wire)
  wire.destroy()
  return answer
}

async function work(client: Client, ms: number): Promise<void> {
  client.send({ type: 'wait', id: 1, data: { ms } })
  await client.find(({ type }) => type === 'begun')
}

test.each(['awake', 'asleep'])(
  'all clients of an object that is %s are told',
  async (how) => {
    const members = await crowd(url, 500, { target: `/socket/many-${how}`, protocols })
    if (how === 'asleep') expect(await server.evict(`many-${how}`)).toBe(true)
    const drained = drain(`many-${how}`, '?ms=6000')
    await expect
      .poll(() => members.some(({ code }) => code), { interval: 5, timeout: 10_000 })
      .toBe(true)
    const late = await knock(`many-${how}`)
    expect([late.status, late.header('retry-after')]).toEqual([503, '5'])
    await request(url, { target: `/tell/many-${how}`, method: 'POST', body: 'you are left' })
    expect(await drained).toBeLessThan(6000)
    await expect
      .poll(() => members.every(({ code }) => code === 1012), { timeout: 10_000 })
      .toBe(true)
    for (const { last } of members) {
      expect(last).toMatchObject({ type: '$bye', code: 'restart' })
      const [from, to] = last.retry
      expect([from >= 500 && from <= 1500, to - from]).toEqual([true, 1500])
    }
    const told = members.filter(({ frames }) => frames.some(({ type }) => type === 'told'))
    expect(told.length).toBeGreaterThan(0)
    expect(told.length).toBeLessThan(500)
    expect(members.filter(({ surplus }) => surplus > 0)).toEqual([])
    const times = members.map(({ closedAt }) => closedAt).toSorted((a, b) => a - b)
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(500)
    expect((await request(url, { target: `/sockets/many-${how}` })).body).toBe('0')
    for (const member of members) member.destroy()

    const ann = await enter(`many-${how}`)
    expect(await ann.ask('wait', 1, { ms: 0 })).toEqual({ id: 1, data: 'done' })
  },
  30_000,
)

describe('an object that is drained', () => {
  test('lets handlers finish, for half of the time', async () => {
    const [ann, bob] = [await enter('work'), await enter('work')]
    await work(ann, 300)
    await work(bob, 60_000)
    const drained = drain('work', '?ms=1500')
    expect(await ann.find(isAnswer)).toEqual({ id: 1, data: 'done' })
    expect(await ann.find(isAnswer)).toMatchObject({ type: '$bye' })
    expect(await bob.find(isAnswer)).toMatchObject({ type: '$bye' })
    for (const each of [ann, bob]) expect(await each.closed()).toBe(1012)
    expect(await drained).toBeLessThan(1500)
  })

  test('is not held longer by clients who do not answer, and takes new ones', async () => {
    const ann = await enter('stalled', { autoClose: false })
    const took = await drain('stalled', '?ms=600')
    expect(took).toBeGreaterThanOrEqual(600)
    expect(took).toBeLessThan(2000)
    expect(await ann.closed()).toBe(1012)
    const bob = await enter('stalled')
    expect(await bob.ask('wait', 1, { ms: 0 })).toEqual({ id: 1, data: 'done' })
  })

  test('takes none before the longer of two drains is over', async () => {
    const ann = await enter('twice', { autoClose: false })
    const long = drain('twice', '?ms=800')
    expect(await ann.find(isBye)).toMatchObject({ code: 'restart' })
    await drain('twice', '?ms=1')
    expect((await knock('twice')).status).toBe(503)
    await long
    expect((await knock('twice')).status).toBe(101)
  })

  test('without time tells all at once, whatever they do', async () => {
    const ann = await enter('hurry')
    await work(ann, 60_000)
    expect(await drain('hurry')).toBeLessThan(500)
    expect(await ann.find(isAnswer)).toMatchObject({ type: '$bye' })
    expect(await ann.closed()).toBe(1012)
  })
})

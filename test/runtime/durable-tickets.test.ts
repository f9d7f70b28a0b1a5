import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { type Answer, request } from '../../src/testing/raw-client.ts'
import { connect } from '../../src/testing/connect.ts'
import { policies } from './durable/policies/app.ts'
import { serveSquare } from './durable/policies/square.ts'

// A busy machine has others to serve.
vi.setConfig({ testTimeout: 30_000 })

const square = await serveSquare()
afterAll(() => square.close())
const inMemory = policies()

/** The same app, with one store or the other. */
const stores = {
  durableTickets: {
    issue: async (path: string) => (await square.post(`/ticket?path=${path}`)).body,
    /** The status that a handshake is answered with. */
    redeem: async (path: string, ticket: string) => {
      const entered = square.enter(path.slice(1), { query: `&ticket=${ticket}` })
      return entered.then(
        () => 101,
        (error: Error) => Number(/refused with (\d+)/.exec(error.message)?.[1]),
      )
    },
  },
  memoryTickets: {
    issue: async (path: string) =>
      (await inMemory.request(`/ticket?path=${path}`, { method: 'POST' })).text(),
    redeem: async (path: string, ticket: string) =>
      (await connect(inMemory, `${path}?ticket=${ticket}`)).response.status,
  },
}

describe.each(Object.entries(stores))('%s', (_name, { issue, redeem }) => {
  test('a ticket opens one connection, to its own path', async () => {
    const ticket = await issue('/ticket/one')
    expect(ticket).toMatch(/^[\w-]{43}$/)
    expect(await redeem('/ticket/one', ticket)).toBe(101)
    expect(await redeem('/ticket/one', ticket)).toBe(401)
    expect(await redeem('/ticket/one', await issue('/ticket/other'))).toBe(401)
    expect(await redeem('/ticket/one', 'x'.repeat(43))).toBe(401)
  })

  test('of fifty who bring the same ticket at the same time, one is admitted', async () => {
    const ticket = await issue('/ticket/race')
    const all = await Promise.all(Array.from({ length: 50 }, () => redeem('/ticket/race', ticket)))
    expect(all.toSorted().map(Number)).toEqual([101, ...Array<number>(49).fill(401)])
  })

  test('a ticket is over after its two seconds, and not before', async () => {
    const [early, late] = [await issue('/ticket/ttl'), await issue('/ticket/ttl')]
    expect(await redeem('/ticket/ttl', early)).toBe(101)
    await sleep(2050)
    expect(await redeem('/ticket/ttl', late)).toBe(401)
  })

  test('many tickets wait at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 200 }, () => issue('/ticket/many')))
    expect(new Set(all).size).toBe(200)
    const statuses = await Promise.all(
      all.slice(-20).map((ticket) => redeem('/ticket/many', ticket)),
    )
    expect(new Set(statuses)).toEqual(new Set([101]))
  })
})

test('who is admitted has what the ticket says, and not the ticket', async () => {
  const ticket = await stores.durableTickets.issue('/ticket/says')
  const ann = await square.enter('ticket/says', { query: `&ticket=${ticket}`, name: '' })
  const { data } = await ann.ask('whoami', 1)
  expect(data).toMatchObject({ name: 'ann', room: 'says' })
  expect(JSON.stringify(data)).not.toContain(ticket)
})

test('a request handed on to the object of the tickets gets nothing out of it, and nothing in', async () => {
  const answers: Answer[] = []
  for (const host of ['object.denwa.invalid', undefined]) {
    const body = JSON.stringify({ ticket: 'x'.repeat(43), value: '{}', ttlMs: 30_000 })
    const headers = { ...(host && { host }) }
    const target = '/command'
    answers.push(await request(square.url, { target, method: 'POST', body, headers }))
  }
  expect(answers.map(({ status }) => status)).toEqual([404, 404])
})

test('nothing went wrong meanwhile', async () => {
  expect(await square.notes('errors')).toEqual([])
})

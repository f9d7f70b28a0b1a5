import { afterAll, describe, expect, test, vi } from 'vitest'
import { request } from '../../src/testing/raw-client.ts'
import { Client, type Json, PATIENCE_MS } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

vi.setConfig({ testTimeout: 30_000 })

const server = await serveEvicting('keys/entry.ts', { ROOM: 'Room' })
const old = await serveEvicting('keys/entry.ts', { ROOM: 'Room' }, { useSQLite: false })
afterAll(() => Promise.all([server.close(), old.close()]))

interface Entered {
  client: Client
  keys: string
}

async function enter(room: string, { url } = server): Promise<Entered> {
  const client = await Client.in(url, room, '', { protocols: ['denwa.v1.json'] })
  return { client, keys: (await client.next()).keys }
}

/** Pays what the room is called. */
function say({ client }: Entered, id: number, room: string, more: object = {}): void {
  const { ms = 0, ...rest } = more as { ms?: number }
  const data = { what: room, ms }
  client.send({ type: 'pay', id, data, key: `the key of payment ${room}`, ...rest })
}

async function pay(entered: Entered, id: number, room: string, more?: object): Promise<Json> {
  say(entered, id, room, more)
  return entered.client.find((frame) => frame.id === id)
}

async function paid(room: string, { url } = server): Promise<number> {
  const { body } = await request(url, { target: '/paid', timeoutMs: PATIENCE_MS })
  return (JSON.parse(body) as string[]).filter((each) => each === room).length
}

describe('an object that was evicted between a request and its repetition', () => {
  test('gives the same answer, on the same connection', async () => {
    const one = await enter('same')
    const { data } = await pay(one, 1, 'same')
    expect(data).toMatch(/^receipt/)
    for (const id of [2, 3]) {
      expect(await server.evict('same')).toBe(true)
      expect((await pay(one, id, 'same', { again: one.keys })).data).toBe(data)
    }
    expect(await paid('same')).toBe(1)
  })

  test('gives the same answer on the next one', async () => {
    const one = await enter('next')
    const { data } = await pay(one, 1, 'next')
    one.client.socket.destroy()
    await server.evict('next')
    const two = await enter('next')
    expect(two.keys).toBe(one.keys)
    expect((await pay(two, 1, 'next', { again: one.keys })).data).toBe(data)
    expect(await paid('next')).toBe(1)
  })

  test('does what has never arrived', async () => {
    const one = await enter('never')
    await server.evict('never')
    const two = await enter('never')
    expect((await pay(two, 1, 'never', { again: one.keys })).data).toMatch(/^receipt/)
  })
})

test('an object that crashed between an effect and its answer says that nobody knows', async () => {
  const one = await enter('crash')
  say(one, 1, 'crash', { ms: 20_000 })
  await vi.waitFor(async () => expect(await paid('crash')).toBe(1), PATIENCE_MS)
  await request(server.url, { target: '/crash/crash', method: 'POST', body: '' })
  await one.client.closed()
  const two = await enter('crash')
  const more = { again: one.keys, ms: 20_000 }
  expect((await pay(two, 1, 'crash', more)).error.code).toBe('connection_lost')
  expect(await paid('crash')).toBe(1)
})

test('another object does not do what was said to this one', async () => {
  const [one, two] = [await enter('one'), await enter('two')]
  expect(one.keys).not.toBe(two.keys)
  expect((await pay(two, 1, 'one', { again: one.keys })).error.code).toBe('connection_lost')
  expect(await paid('one')).toBe(0)
})

test('an object without SQLite forgets in its sleep, and does nothing again', async () => {
  const one = await enter('old', old)
  expect((await pay(one, 1, 'old')).data).toMatch(/^receipt/)
  expect((await pay(one, 2, 'old', { again: one.keys })).data).toMatch(/^receipt/)
  expect(await old.evict('old')).toBe(true)
  const two = await enter('old', old)
  expect(two.keys).not.toBe(one.keys)
  expect((await pay(two, 1, 'old', { again: one.keys })).error.code).toBe('connection_lost')
  expect(await paid('old', old)).toBe(1)
})

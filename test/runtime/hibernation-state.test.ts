import { afterAll, expect, test } from 'vitest'
import { connect, request } from '../../src/testing/raw-client.ts'
import { Client, life, said, say } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

const server = await serveEvicting()
afterAll(() => server.close())
const { url } = server

test('a state of another version closes with 4210, whether its client speaks or is spoken to', async () => {
  const [ann, ben] = [await Client.in(url, 'old', 'ann'), await Client.in(url, 'old', 'ben')]
  await request(url, { target: '/outdate/old', method: 'POST', body: '' })
  await server.evict('old')
  ann.send({ type: 'whoami', id: 1 })
  expect(await ann.closed()).toBe(4210)
  expect((await say(url, 'old', 'anybody?')).status).toBe(204)
  expect(await ben.closed()).toBe(4210)
  const cy = await Client.in(url, 'old', 'cy')
  expect((await cy.ask('whoami', 1)).data.state.name).toBe('cy')
  expect((await life(url, 'old')).sockets).toBe(1)
})

test('a state over 16 KiB never becomes a socket', async () => {
  const refused = Client.in(url, 'large', 'ann', { query: '&fill=16384' })
  await expect(refused).rejects.toThrow(/refused with 500: RangeError: Cannot keep .* 16320 bytes/)
  expect((await life(url, 'large')).sockets).toBe(0)
})

test.for([
  ['ASCII', 'x', 16_100],
  ['Latin-1', '%C3%A9', 8_000],
  ['beyond Latin-1', 'xxx%E2%82%AC', 2_650],
] as const)('a state of almost 16 KiB sleeps well: %s', async ([name, of, fill]) => {
  const room = `full-${fill}`
  const ann = await Client.in(url, room, 'ann', { query: `&fill=${fill}&of=${of}` })
  const before = await ann.ask('whoami', 1)
  expect(before.data.state.fill, name).toHaveLength(fill * decodeURIComponent(of).length)
  await server.evict(room)
  expect((await ann.ask('whoami', Number.MAX_SAFE_INTEGER)).data).toEqual(before.data)
})

test('a state that grows past the limit is an error of its request alone', async () => {
  const ann = await Client.in(url, 'grow', 'ann')
  expect((await ann.ask('grow', 1, { bytes: 15_000 })).data).toBeNull()
  expect((await ann.ask('grow', 2, { bytes: 20_000 })).error).toMatchObject({ code: 'internal' })
  for (const id of [3, 4]) {
    expect((await ann.ask('whoami', id)).data.state.fill).toHaveLength(15_000)
    await server.evict('grow')
  }
})

test('who sleeps is brought back once, and only for a publication', async () => {
  const all = await Promise.all(['ann', 'ben', 'cy'].map((name) => Client.in(url, 'wake', name)))
  await server.evict('wake')
  await all[0]!.ask('whoami', 1)
  expect(await life(url, 'wake')).toMatchObject({ instances: 2, lookups: 0, sockets: 3 })
  for (const text of ['one', 'two']) {
    await say(url, 'wake', text)
    for (const client of all) await client.find(said(text))
  }
  expect(await life(url, 'wake')).toMatchObject({ instances: 2, lookups: 1 })
})

test('a proxy that names the scheme of the inside opens it to nobody', async () => {
  const snapshot = {
    v: 1,
    id: 'c_forged',
    state: {},
    protocol: '',
    opened: true,
    last: 0,
    channels: [],
  }
  const headers = {
    host: 'object.denwa.invalid',
    'x-forwarded-proto': 'https',
    'denwa-snapshot': encodeURIComponent(JSON.stringify(snapshot)),
  }
  // Here the object is asked for https://object.denwa.invalid/socket.
  await expect(connect(url, { target: '/socket', headers })).rejects.toThrow('refused with 404')
})

import { afterAll, expect, test, vi } from 'vitest'
import { Client, type Json } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await serveEvicting('far/entry.ts', { PERSON: 'Person', ROOM: 'Room' })
afterAll(() => server.close())

const enter = async (user: string): Promise<Client> => {
  const client = await Client.in(server.url, user, user)
  client.send({ type: '$join', id: 1, channel: 'who/grace' })
  await client.find(({ id }) => id === 1)
  return client
}
const left = ({ type, left }: Json): boolean => type === '$presence' && left?.length === 1

test('a member whose connection was lost ends after its grace, though both objects sleep', async () => {
  const ann = await enter('ann')
  const ben = await enter('ben')
  await ann.find(({ type }) => type === '$presence')
  ben.socket.destroy()
  const lostAt = Date.now()
  await new Promise((done) => setTimeout(done, 1000))
  for (const name of ['ann', 'ben']) await server.evict(name)
  await server.evict('who/grace', 'Room')
  await ann.find(left, 40_000)
  expect(Date.now() - lostAt).toBeGreaterThan(14_000)
})

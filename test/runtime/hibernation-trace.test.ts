import { afterAll, expect, test, vi } from 'vitest'
import { Client, type Json, life, said, say } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

// Some fifty sleeps, on a busy machine
vi.setConfig({ testTimeout: 30_000 })

const server = await serveEvicting()
afterAll(() => server.close())

const joined = (frame: Json): boolean => frame.type === '$joined'

test('what clients read does not depend on whether the object slept between any two steps', async () => {
  let sleeps = 0
  let leftAsleep = 0
  const awake = await trace('awake', async () => {})
  const slept = await trace('slept', async () => {
    if (await server.evict('slept')) sleeps++
    else leftAsleep++
  })
  expect(slept).toEqual(awake)
  expect(slept.flat().length).toBeGreaterThan(50)
  expect((await life(server.url, 'awake')).instances).toBe(1)
  expect((await life(server.url, 'slept')).instances).toBe(sleeps + 1)
  // The step that only says `ping`.
  expect(leftAsleep).toBe(1)
})

/** Three clients go through all that can happen; `between` runs after each step. What each of them read, to the letter. */
async function trace(room: string, between: () => Promise<void>): Promise<string[][]> {
  const protocols = ['denwa.v1.json']
  const ann = await Client.in(server.url, room, 'ann', { protocols })
  const { id, keys } = await ann.next()
  await ann.find(joined)
  await between()
  const ben = await Client.in(server.url, room, 'ben')
  await ben.find(joined)
  await between()
  const cy = await Client.in(server.url, room, 'cy', { protocols })
  await cy.find(joined)
  const all = [ann, ben, cy]
  const hear = async (text: string): Promise<void> => {
    await Promise.all(all.map((client) => client.find(said(text))))
  }

  const steps: (() => Promise<unknown>)[] = [
    () => ann.ask('whoami', 1),
    () => ann.ask('set', 2, { seen: ['a', { deep: true }], name: 'Änn' }),
    () => ann.ask('whoami', 3),
    () => ben.ask('whoami', 1_000_000),
    async () => {
      ann.send({ type: 'say', id: 4, data: { text: 'to who sleeps' } })
      await hear('to who sleeps')
    },
    async () => {
      await say(server.url, room, 'from a Worker')
      await hear('from a Worker')
    },
    async () => {
      cy.send({ type: 'burst', id: 1, data: { count: 20 } })
      await hear('19')
    },
    () => join(cy, 2, `hall/${room}`),
    () => join(cy, 3, `hall/${room}`),
    () => join(cy, 4, `locked/${room}`),
    () => join(cy, 5, 'hall/elsewhere'),
    () => ben.ask('enter', 1_000_001),
    () => ben.ask('exit', 1_000_002),
    () => leave(cy, 6, `hall/${room}`),
    () => leave(cy, 7, `hall/${room}`),
    async () => {
      ann.send({ type: 'note', data: { text: 'an event' } })
      await ann.find(said('an event'))
    },
    async () => {
      ann.send(
        { type: 'note', data: { text: 'first' } },
        { type: 'echo', id: 5, data: { text: 'of an array' } },
        { type: 'say', id: 6, data: { text: 'third' } },
      )
      await hear('third')
    },
    () => ann.ask('echo', 7, { text: 1 }),
    () => ann.ask('nothing', 8),
    () => ann.ask('throws', 9),
    () => ann.ask('rejects', 10),
    () => ann.ask('grow', 11, { bytes: 20_000 }),
    () => ann.ask('whoami', 12),
    async () => {
      ann.send({ type: 'count', id: 13, data: { to: 3 } })
      await ann.find((frame) => frame.end)
    },
    async () => {
      ben.send({ type: 'throws' })
      await ben.find((frame) => frame.error)
    },
    async () => {
      ben.send('not a frame')
      await ben.find((frame) => frame.error)
    },
    async () => {
      cy.socket.send('ping')
      await cy.find((frame) => frame === 'pong')
    },
    () => cy.ask('echo', 8, { text: 'the last' }),
    async () => {
      cy.send({ type: 'echo', id: 8, data: { text: 'an id stays used' } })
      await cy.closed()
      all.splice(all.indexOf(cy), 1)
      await hear('left 4000 bad id')
    },
    async () => {
      ben.socket.close(4321, 'enough')
      await ben.closed()
      all.splice(all.indexOf(ben), 1)
      await hear('left 4321 enough')
    },
    () => ann.ask('echo', 14, { text: 'alone' }),
    async () => {
      ann.send({ type: 'close', id: 15, data: { code: 4400 } })
      await ann.closed()
    },
  ]
  for (const step of steps) {
    await between()
    await step()
  }
  const others = await Promise.all([ben, cy].map(async ({ log }) => idIn(log)))
  const known: Record<string, string> = { [id]: 'ann', [keys]: 'keys', [room]: 'room' }
  for (const [index, other] of others.entries()) if (other) known[other] = `other ${index}`
  return [ann, ben, cy].map(({ log }) =>
    log.map((text) =>
      Object.entries(known).reduce((all, [from, to]) => all.replaceAll(from, to), text),
    ),
  )
}

const idIn = (log: string[]): string | undefined => /c_[\w-]{12,}/.exec(log.join())?.[0]
const join = (client: Client, id: number, channel: string): Promise<Json> =>
  request(client, { type: '$join', id, channel })
const leave = (client: Client, id: number, channel: string): Promise<Json> =>
  request(client, { type: '$leave', id, channel })

function request(client: Client, frame: Json): Promise<Json> {
  client.send(frame)
  return client.find(({ id }) => id === frame.id)
}

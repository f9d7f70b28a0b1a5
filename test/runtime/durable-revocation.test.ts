import { afterAll, describe, expect, test, vi } from 'vitest'
import { type Client, type Json, PATIENCE_MS } from './durable/client.ts'
import { serveSquare } from './durable/policies/square.ts'

// A busy machine has others to serve.
vi.setConfig({ testTimeout: 30_000 })

const square = await serveSquare()
afterAll(() => square.close())

async function crowd(room: string, ...names: string[]): Promise<Client[]> {
  const all = names.map((name) => square.enter(`plain/${room}`, { name }))
  return Promise.all(
    all.map(async (entering) => {
      const client = await entering
      await client.find(({ type }) => type === '$joined')
      return client
    }),
  )
}
const ask = async (target: string, body: Json): Promise<Json> =>
  JSON.parse((await square.post(target, body)).body)

describe.each(['awake', 'asleep'])('an object that is %s', (condition) => {
  const maybeSleep = async (room: string): Promise<void> => {
    if (condition === 'asleep') await square.evict(room)
  }

  test('disconnects whom a Worker names, and counts them', async () => {
    const room = `disconnect-${condition}`
    const [ann, ann2, ben] = await crowd(room, 'ann', 'ann', 'ben')
    await maybeSleep(room)
    const who = { state: { name: 'ann' } }
    expect(await ask(`/disconnect/${room}`, { who, code: 4321, reason: 'go away' })).toBe(2)
    for (const each of [ann!, ann2!]) {
      expect(await each.socket.closed(PATIENCE_MS)).toMatchObject({ code: 4321, reason: 'go away' })
    }
    await maybeSleep(room)
    expect(await ask(`/disconnect/${room}`, { who })).toBe(0)
    await square.post(`/publish/${room}`, 'still here')
    expect((await ben!.next()).data).toBe('still here')
    const { data } = await ben!.ask('whoami', 1)
    await maybeSleep(room)
    expect(await ask(`/disconnect/${room}`, { who: { id: 'c_nobody' } })).toBe(0)
    expect(await ask(`/disconnect/${room}`, { who: { id: data.id } })).toBe(1)
    expect(await ben!.closed()).toBe(4009)
    await expect.poll(async () => (await square.object(room)).sockets).toBe(0)
    const notes = await square.notes(room)
    expect(notes.filter((each) => each.includes('close')).toSorted()).toEqual([
      'ann close 4321',
      'ann close 4321',
      'ben close 4009',
    ])
  })

  test('disconnects all, where nobody is named', async () => {
    const room = `all-${condition}`
    const all = await crowd(room, 'ann', 'ben', 'cy')
    await maybeSleep(room)
    expect(await ask(`/disconnect/${room}`, {})).toBe(3)
    for (const each of all) expect(await each.closed()).toBe(4009)
  })

  test('takes from a channel whom a Worker names, and publishes nothing to them afterwards', async () => {
    const room = `revoke-${condition}`
    const [ann, ben] = (await crowd(room, 'ann', 'ben')) as [Client, Client]
    await maybeSleep(room)
    expect(await ask(`/revoke/${room}`, { state: { name: 'ann' } })).toBe(1)
    expect(await ann.next()).toEqual({ type: '$left', channel: `room/${room}`, code: 'revoked' })
    await maybeSleep(room)
    expect(await ask(`/revoke/${room}`, { state: { name: 'ann' } })).toBe(0)
    await square.post(`/publish/${room}`, 'for Ben')
    expect((await ben.next()).data).toBe('for Ben')
    // Ann's connection goes on, and what was published is not among what she reads.
    await maybeSleep(room)
    expect((await ann.ask('whoami', 1)).data.name).toBe('ann')
    expect(ann.log.join()).not.toContain('for Ben')
    // She may ask again.
    ann.send({ type: '$join', id: 2, channel: `room/${room}` })
    expect(await ann.next()).toEqual({ id: 2, data: {} })
    await maybeSleep(room)
    expect(await ask(`/revoke/${room}`, {})).toBe(2)
    for (const each of [ann, ben]) expect((await each.next()).code).toBe('revoked')
  })

  test('does the same for a handler inside', async () => {
    const room = `inside-${condition}`
    const [ann, ben] = (await crowd(room, 'ann', 'ben')) as [Client, Client]
    await maybeSleep(room)
    expect(await ben.ask('drop', 1, 'ann')).toEqual({ id: 1, data: 1 })
    expect((await ann.next()).code).toBe('revoked')
  })

  test('who has left is not counted', async () => {
    const room = `left-${condition}`
    const [ann] = (await crowd(room, 'ann', 'ben')) as [Client, Client]
    ann.socket.close(1000)
    await ann.closed()
    await maybeSleep(room)
    expect(await ask(`/disconnect/${room}`, {})).toBe(1)
  })
})

test('an object that nobody is in counts nobody', async () => {
  expect(await ask('/disconnect/empty', {})).toBe(0)
  expect(await ask('/revoke/empty', {})).toBe(0)
})

test('a code that no runtime may send is an error of who asks', async () => {
  const { status, body } = await square.post('/disconnect/codes', { code: 1005 })
  expect(status).toBe(500)
  expect(body).toMatch(/^RangeError: Cannot close with code 1005/)
})

test('nothing else went wrong', async () => {
  expect(await square.notes('errors')).toEqual([])
})

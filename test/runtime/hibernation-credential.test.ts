import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { Client, Json } from './durable/client.ts'
import { serveSquare, watch } from './durable/policies/square.ts'

// A busy machine has others to serve.
vi.setConfig({ testTimeout: 30_000 })

const square = await serveSquare()
afterAll(() => square.close())

const protocols = ['denwa.v1.json']
/** Of the policy in front of `/credential` and `/frame`. */
const GRACE_MS = 1000
const TIMEOUT_MS = 15_000

/** Asleep, and past the end of a credential for half a second: without an alarm, as if it were late. */
async function oversleep(room: string, expired: Client[]): Promise<void> {
  for (const each of expired) await each.find((frame) => frame.type === '$joined')
  await square.object(room, 'mute')
  await square.evict(room)
  await sleep(500 + GRACE_MS + 300)
  await square.evict(room)
}

describe.concurrent('woken when a credential has expired', () => {
  test('by its own client: closed before any handler runs', async ({ expect }) => {
    const ann = await square.enter('credential/own', { token: 'ann.500', protocols })
    await oversleep('own', [ann])
    ann.send({ type: 'note', data: 1 }, { type: 'whoami', id: 1 })
    expect(await ann.closed()).toBe(4101)
    expect(ann.log.slice(2)).toEqual(['close 4101 the credential has expired'])
    await expect.poll(() => square.notes('own')).toEqual(['ann open', 'ann close 4101'])
    expect((await square.object('own')).sockets).toBe(0)
  })

  test('by the client of another, who publishes', async ({ expect }) => {
    const ann = await square.enter('credential/other', { token: 'ann.500' })
    const ben = await square.enter('credential/other', { token: 'ben' })
    await oversleep('other', [ann, ben])
    expect((await ben.ask('say', 1, { text: 'a secret' })).data).toBeNull()
    expect(await ann.closed()).toBe(4101)
    expect(ann.log.join()).not.toContain('secret')
    expect(ben.log.join()).toContain('secret')
    await expect
      .poll(() => square.notes('other'))
      .toEqual(['ann open', 'ben open', 'ben say', 'ann close 4101'])
  })

  test('by a Worker that publishes', async ({ expect }) => {
    const ann = await square.enter('credential/worker', { token: 'ann.500' })
    const ben = await square.enter('credential/worker', { token: 'ben' })
    await oversleep('worker', [ann, ben])
    expect((await square.post('/publish/worker', 'a secret')).status).toBe(204)
    expect((await ben.next()).data).toBe('a secret')
    expect(await ann.closed()).toBe(4101)
    expect(ann.log.join()).not.toContain('secret')
  })

  test('by a Worker that counts whom it revokes', async ({ expect }) => {
    const ann = await square.enter('credential/count', { token: 'ann.500' })
    const ben = await square.enter('credential/count', { token: 'ben' })
    await oversleep('count', [ann, ben])
    expect((await square.post('/revoke/count', {})).body).toBe('1')
    expect(await ann.closed()).toBe(4101)
    expect(await ben.next()).toMatchObject({ type: '$left', code: 'revoked' })
  })

  test('awake, when the alarm is late: closed as well', async ({ expect }) => {
    const ann = await square.enter('credential/awake', { token: 'ann.500' })
    await ann.find((frame) => frame.type === '$joined')
    await square.object('awake', 'mute')
    await sleep(500 + GRACE_MS + 100)
    ann.send({ type: 'note', data: 1 })
    expect(await ann.closed()).toBe(4101)
    expect(await square.notes('awake')).not.toContain('ann note')
  })
})

describe.concurrent('asleep', () => {
  test('the alarm asks for a new credential in time, and ends the connection in time', async ({
    expect,
  }) => {
    const since = Date.now()
    const ann = await square.enter('credential/alarm', { token: 'ann.2000', protocols })
    const { expires } = await ann.next()
    expect(expires).toBeGreaterThan(1500)
    expect(expires).toBeLessThanOrEqual(2000)
    await ann.next()
    await square.evict('alarm')
    const { type, within } = await ann.next(TIMEOUT_MS)
    expect(type).toBe('$reauth')
    expect(Date.now() - since).toBeGreaterThanOrEqual(1500)
    expect(within).toBeLessThanOrEqual(1500)
    await square.evict('alarm')
    expect(await ann.closed(TIMEOUT_MS)).toBe(4101)
    expect(Date.now() - since).toBeGreaterThanOrEqual(2000 + GRACE_MS)
    await expect.poll(() => square.notes('alarm')).toEqual(['ann open', 'ann close 4101'])
    const { born, alarms } = await square.object('alarm')
    // Once to ask and once to end it, and for nothing else.
    expect(alarms).toHaveLength(2)
    expect(born.length - 1).toBeLessThanOrEqual(3)
    // Rounded up to the next second, and a busy machine.
    expect(alarms[1]! - since).toBeLessThan(2000 + GRACE_MS + 1000 + 4000)
  })

  test('a new credential of the same subject holds after the next sleep, too', async ({
    expect,
  }) => {
    const since = Date.now()
    const ann = await square.enter('credential/renew', { token: 'ann.1000' })
    await ann.next()
    await square.evict('renew')
    ann.send({ type: '$auth', id: 1, token: 'ben.60000' })
    expect((await ann.find(({ id }) => id === 1)).error.code).toBe('forbidden')
    ann.send({ type: '$auth', id: 2, token: '?' })
    expect((await ann.find(({ id }) => id === 2)).error.code).toBe('unauthenticated')
    await square.evict('renew')
    ann.send({ type: '$auth', id: 3, token: 'ann.3000' })
    const renewed = await ann.find(({ id }) => id === 3)
    expect(renewed).toEqual({ id: 3, data: { expires: 3000 } })
    await square.evict('renew')
    // The first one would have ended by now.
    await sleep(1000 + GRACE_MS + 1000 - (Date.now() - since))
    await square.evict('renew')
    const { data } = await ann.ask('whoami', 4)
    expect(data).toMatchObject({ name: 'ann', room: 'renew' })
    expect(await ann.closed(TIMEOUT_MS)).toBe(4101)
    expect(Date.now() - since).toBeGreaterThanOrEqual(3000 + GRACE_MS)
  })

  test('a credential of somebody else leaves all as it was', async ({ expect }) => {
    const since = Date.now()
    const ann = await square.enter('credential/else', { token: 'ann.1000' })
    await ann.next()
    await square.evict('else')
    ann.send({ type: '$auth', id: 1, token: 'ben.60000' })
    expect((await ann.find((frame) => frame.id === 1)).error.code).toBe('forbidden')
    await square.evict('else')
    expect((await ann.ask('whoami', 2)).data.name).toBe('ann')
    await square.evict('else')
    expect(await ann.closed(TIMEOUT_MS)).toBe(4101)
    expect(Date.now() - since).toBeGreaterThanOrEqual(1000 + GRACE_MS)
  })

  test('a first frame is awaited until its time is over, however often the object is woken', async ({
    expect,
  }) => {
    const since = Date.now()
    const ann = await square.enter('frame/silent', { name: 'ann' })
    const closed = watch(ann.closed(TIMEOUT_MS))
    for (let round = 0; round < 20 && !closed.done; round++) {
      await sleep(300)
      await square.evict('silent')
      await square.post('/publish/silent', 'not for her')
    }
    expect(closed.done).toBe(true)
    expect(await closed.result).toBe(4108)
    expect(Date.now() - since).toBeGreaterThanOrEqual(1500)
    expect(ann.log).toHaveLength(1)
    expect(await square.notes('silent')).not.toContain('ann open')
  })

  test('a first frame after a sleep opens the connection', async ({ expect }) => {
    const ann = await square.enter('frame/late', { protocols })
    await square.evict('late')
    ann.send({ type: '$auth', id: 1, token: 'ann.60000' }, { type: 'whoami', id: 2 })
    const frames: Json[] = []
    while (frames.length < 4) frames.push(await ann.next())
    expect(frames.map(({ id, type }) => type ?? id)).toEqual(['$welcome', '$joined', 1, 2])
    expect(frames.slice(2)).toMatchObject([
      { data: { expires: 60_000 } },
      { data: { user: 'ann' } },
    ])
    await square.evict('late')
    expect((await ann.ask('whoami', 3)).data).toMatchObject({ user: 'ann', room: 'late' })
    // `open` ran with what the credential says, and once.
    const opens = (await square.notes('late')).filter((each) => each.endsWith('open'))
    expect(opens).toHaveLength(1)
  })

  test('a frame that is none is refused after a sleep, too', async ({ expect }) => {
    const ann = await square.enter('frame/wrong', { name: 'ann' })
    await square.evict('wrong')
    ann.send({ type: 'whoami', id: 1 })
    expect(await ann.closed()).toBe(4100)
    expect(await square.notes('wrong')).not.toContain('ann open')
  })
})

test('the largest state that is accepted leaves room for what policies remember', async () => {
  // Who goes to no channel.
  const token = 'loner.1500'
  const enter = (fill: number): Promise<Client> =>
    square.enter('all/full', { token, protocols, query: `&fill=${fill}` })
  let [fits, tooMuch] = [10_000, 16_384]
  while (tooMuch - fits > 1) {
    const fill = (fits + tooMuch) >> 1
    const { status } = await square.knock(`/all/full?name=&fill=${fill}`, {
      authorization: `Bearer ${token}`,
      'sec-websocket-protocol': 'denwa.v1.json',
    })
    if (status === 101) fits = fill
    else tooMuch = fill
  }
  await expect(enter(tooMuch)).rejects.toThrow(
    /refused with 500: RangeError: Cannot keep .* of state, channels and policies/,
  )
  const ann = await enter(fits)
  await square.evict('full')
  ann.send({ type: 'whoami', id: Number.MAX_SAFE_INTEGER - 1 })
  await ann.find(({ type }) => type === '$reauth', TIMEOUT_MS)
  // What changes with each message is kept a moment later.
  await sleep(200)
  await square.evict('full')
  const { data } = await ann.ask('whoami', Number.MAX_SAFE_INTEGER)
  expect(data.fill).toHaveLength(fits)
  ann.send({ type: 'whoami', id: 7 })
  expect(await ann.closed()).toBe(4000)
}, 20_000)

test('who is refused at the door does not wake the object', async () => {
  const ann = await square.enter('close/door', { token: 'ann' })
  await ann.next()
  await square.evict('door')
  for (const token of [undefined, '-', 'ben.0']) {
    const refused = await square.enter('close/door', { ...(token && { token }) })
    expect(await refused.closed()).toBe(token === 'ben.0' ? 4101 : 4100)
  }
  // The second instance is there for this question.
  expect(await square.object('door')).toMatchObject({ instances: 2, sockets: 1 })
})

test('observers have heard of each connection once, however often it slept', async () => {
  const opens = await square.notes('opens')
  expect(opens.length).toBeGreaterThan(0)
  expect(new Set(opens).size).toBe(opens.length)
})

test('nothing went wrong meanwhile', async () => {
  expect(await square.notes('errors')).toEqual([])
})

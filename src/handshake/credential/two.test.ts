import { Hono, type MiddlewareHandler } from 'hono'
import { describe, expect, test } from 'vitest'
import { type User, auth, verify } from '../../../test/support/guarded.ts'
import { type Peer, anything, peer } from '../../../test/support/peer.ts'
import { contract } from '../../contract.ts'
import { socket } from '../../socket.ts'
import { TestClock } from '../../testing/clock.ts'
import { credential } from '../credential.ts'

const chat = contract({ requests: { whoami: { input: anything, output: anything } } })

/** A user, and the device that is used: `phone`, `phone.1000`. */
function device(token: string): { device: string; expiresInMs?: number } | null {
  if (!token.startsWith('phone')) return null
  const [name = '', expiresInMs] = token.split('.')
  return { device: name, ...(expiresInMs !== undefined && { expiresInMs: Number(expiresInMs) }) }
}

async function enter(user: string, phone: string): Promise<{ clock: TestClock; ann: Peer }> {
  const clock = new TestClock()
  const users = credential<User>({
    verify: (token) => (token.startsWith('phone') ? null : verify(token)),
    subject: (value) => value.user,
    graceMs: 1000,
  })
  const devices = credential({
    verify: device,
    from: ['cookie:device'],
    subject: (value) => value.device,
    graceMs: 1000,
  })
  const app = new Hono<any>()
    .use(users as MiddlewareHandler, devices as MiddlewareHandler)
    .get('/', socket(chat, { requests: { whoami: () => 'ann' } }))
  const headers = {
    authorization: `Bearer ${user}`,
    cookie: `device=${phone}`,
    origin: 'http://localhost',
  }
  return { clock, ann: await peer(app, { clock, headers, arrays: true }) }
}

describe('two credentials in front of one route', () => {
  test('the welcome says which ends first', async () => {
    const { ann } = await enter('ann.5000', 'phone.3000')
    expect((await ann.heard())[0]).toMatchObject({ expires: 3000 })
    const other = await enter('ann', 'phone.3000')
    expect((await other.ann.heard())[0]).toMatchObject({ expires: 3000 })
  })

  test('either one is renewed by what its own policy finds valid', async () => {
    const { clock, ann } = await enter('ann.4000', 'phone.4000')
    await ann.heard()
    clock.advance(2000)
    expect(await ann.heard()).toHaveLength(2)
    ann.say(auth('ann.10000', 1), auth('phone.20000', 2))
    expect(await ann.heard()).toEqual([
      { id: 1, data: { expires: 10_000 } },
      { id: 2, data: { expires: 20_000 } },
    ])
    clock.advance(5000)
    expect(await ann.ended()).toBeUndefined()
    ann.say(auth('ann', 3))
    await ann.heard()
    clock.advance(14_000)
    expect(await ann.ended()).toBeUndefined()
    clock.advance(2000)
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('the connection ends with the first of them that nobody renews', async () => {
    const { clock, ann } = await enter('ann.4000', 'phone.4000')
    ann.say(auth('phone', 1))
    await ann.heard()
    clock.advance(5000)
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('what one of them knows is no failure of the other', async () => {
    const { ann } = await enter('ann', 'phone')
    for (let id = 1; id <= 20; id++) ann.say(auth(id % 2 ? 'ann.9000' : 'phone.9000', id))
    const frames = (await ann.heard()).filter(({ data }) => data)
    expect(frames).toHaveLength(20)
    expect(frames.every(({ data }) => data.expires === 9000)).toBe(true)
    ann.say(auth('bob', 21), auth('phone.0', 22), auth('bad', 23))
    const codes = (await ann.heard()).map(({ error }) => [error.code, error.message])
    expect(codes).toEqual([
      ['forbidden', 'the credential is for somebody else'],
      ['unauthenticated', 'the credential has expired'],
      ['unauthenticated', 'the credential is not valid'],
    ])
    for (let id = 24; id <= 27; id++) ann.say(auth('bad', id))
    expect((await ann.ended())?.code).toBe(4100)
  })
})

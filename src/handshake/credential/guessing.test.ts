import { Hono, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, test } from 'vitest'
import { type User, auth, verify } from '../../../test/support/guarded.ts'
import { type Peer, type PeerOptions, anything, peer, turn } from '../../../test/support/peer.ts'
import { noUnhandledRejections } from '../../../test/support/rejections.ts'
import { contract } from '../../contract.ts'
import { socket } from '../../socket.ts'
import { TestClock } from '../../testing/clock.ts'
import { connect } from '../../testing/connect.ts'
import { type CredentialOptions, credential } from '../credential.ts'

noUnhandledRejections()

const chat = contract({ requests: { whoami: { input: anything, output: anything } } })
const env = { remoteAddr: { hostname: '192.0.2.1' } }
const elsewhere = { remoteAddr: { hostname: '192.0.2.2' } }

/** A door, and how often somebody looked at what was brought there. */
function door(options: Partial<CredentialOptions<User>> = {}) {
  const seen: string[] = []
  const policy = credential<User>({
    async verify(token) {
      seen.push(token)
      await turn()
      return verify(token)
    },
    subject: ({ user }) => user,
    ...options,
  }) as MiddlewareHandler
  const room = socket(chat, { requests: { whoami: () => 'you' } })
  const app = new Hono<any>().use(policy).get('/', room)
  app.onError((error, c) =>
    error instanceof HTTPException ? error.getResponse() : c.text('down', 500),
  )
  const clock = new TestClock()
  return {
    seen,
    clock,
    knock: async (token: string, more: object = env): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` }
      return (await connect(app, '/', { headers, env: more, clock })).response.status
    },
    enter: (token?: string, more: PeerOptions = {}): Promise<Peer> =>
      peer(app, {
        env,
        clock,
        ...(token && { headers: { authorization: `Bearer ${token}` } }),
        ...more,
      }),
  }
}

const times = <T>(count: number, each: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => each(i))

async function until(settled: () => boolean): Promise<void> {
  for (let i = 0; i < 5000 && !settled(); i++) await turn()
}

describe('a thousand guesses are five that are looked at', () => {
  test('in handshakes at once', async () => {
    const { seen, knock } = door()
    const statuses = await Promise.all(times(1000, (i) => knock(`bad.${i}`)))
    expect(seen).toHaveLength(5)
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(995)
    expect(await knock('ann')).toBe(429)
    expect(await knock('ann', elsewhere)).toBe(101)
  })

  test('in handshakes one after the other, and after a minute it is five again', async () => {
    const { seen, clock, knock } = door()
    for (let i = 0; i < 500; i++) await knock('bad')
    clock.advance(60_000)
    for (let i = 0; i < 500; i++) await knock('bad')
    expect(seen).toHaveLength(10)
  })

  test('in first frames of connections that were there before, in turn', async () => {
    const { seen, enter } = door({ from: ['frame'] })
    const guests = await Promise.all(times(200, () => enter()))
    const codes: unknown[] = []
    for (const guest of guests) {
      guest.say(auth('bad'))
      await turn()
      codes.push((await guest.ended())?.code)
    }
    expect(seen).toHaveLength(5)
    expect(codes).toEqual([...Array(5).fill(4100), ...Array(195).fill(4203)])
  })

  test('in first frames at once', async () => {
    const { seen, enter } = door({ from: ['frame'] })
    const guests = await Promise.all(times(1000, () => enter()))
    const ends = Promise.all(guests.map(({ socket }) => socket.closed))
    for (const guest of guests) guest.say(auth('bad'))
    const codes = (await ends).map(({ code }) => code)
    expect(seen).toHaveLength(5)
    expect(codes.filter((code) => code === 4203)).toHaveLength(995)
  })

  test('on one connection, as many as may be asked at once', async () => {
    const { seen, enter } = door()
    const ann = await enter('ann')
    for (let id = 1; id <= 32; id++) ann.say(auth(`bad.${id}`, id))
    await until(() => seen.length >= 6)
    expect(seen).toHaveLength(6)
    expect(await ann.ended()).toEqual({ code: 4100, reason: 'too many invalid credentials' })
  })

  test('on many connections that a valid one has opened', async () => {
    const { seen, knock, enter } = door()
    const all = await Promise.all(times(50, () => enter('ann')))
    seen.length = 0
    for (const each of all) for (let id = 1; id <= 4; id++) each.say(auth('bad', id))
    await until(() => seen.length > 5)
    expect(seen).toHaveLength(5)
    expect(await knock('ann')).toBe(429)
  })
})

describe('who is honest', () => {
  test('is let in with all that come at once from the same address', async () => {
    const { knock } = door()
    const statuses = await Promise.all(times(300, () => knock('ann')))
    expect(new Set(statuses)).toEqual(new Set([101]))
  })

  test('is let in by frames at once, too', async () => {
    const { enter } = door({ from: ['frame'] })
    const all = await Promise.all(times(50, () => enter()))
    for (const each of all) each.say(auth('ann', 1))
    for (const each of all) expect(await each.socket.next()).toMatchObject({ id: 1, data: {} })
  })

  test('may renew later, where another one of the same address has guessed', async () => {
    const { clock, knock, enter } = door()
    const ann = await enter('ann')
    for (let i = 0; i < 5; i++) await knock('bad')
    ann.say(auth('ann', 1))
    expect(await ann.heard()).toEqual([
      {
        id: 1,
        error: {
          code: 'rate_limited',
          message: 'too many invalid credentials',
          retryAfter: 60_000,
        },
      },
    ])
    clock.advance(60_000)
    ann.say(auth('ann.9000', 2))
    await turn()
    expect(await ann.heard()).toEqual([{ id: 2, data: { expires: 9000 } }])
  })

  test('is not counted where verify fails', async () => {
    const { knock } = door()
    const statuses = await Promise.all(times(20, () => knock('broken')))
    expect(new Set(statuses)).toEqual(new Set([500]))
    expect(await knock('ann')).toBe(101)
  })
})

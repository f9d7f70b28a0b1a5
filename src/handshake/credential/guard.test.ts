import { Hono, type MiddlewareHandler } from 'hono'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type User, auth, setup, verify } from '../../../test/support/guarded.ts'
import { peer, turn } from '../../../test/support/peer.ts'
import { noUnhandledRejections } from '../../../test/support/rejections.ts'
import { contract } from '../../contract.ts'
import { observe } from '../../observe.ts'
import { raw } from '../../raw.ts'
import { socket } from '../../socket.ts'
import { TestClock } from '../../testing/clock.ts'
import { credential } from '../credential.ts'

noUnhandledRejections()
afterEach(() => void vi.restoreAllMocks())

describe('a credential that never expires', () => {
  test('is said nothing of, whatever time passes', async () => {
    const { clock, join } = setup()
    const ann = await join('ann', { arrays: true })
    const [welcome] = await ann.heard()
    expect(welcome).not.toHaveProperty('expires')
    clock.advance(600_000)
    expect(await ann.heard()).toEqual([])
    expect(await ann.ended()).toBeUndefined()
  })
})

describe('the life of a credential', () => {
  test('is in the welcome', async () => {
    const { join } = setup()
    const ann = await join('ann.3600000', { arrays: true })
    expect((await ann.heard())[0]).toMatchObject({ type: '$welcome', expires: 3_600_000 })
  })

  test('ends: a new one is asked for a minute before, and after 25 s more it is 4101', async () => {
    const { clock, log, join } = setup()
    const ann = await join('ann.600000')
    await ann.heard()
    clock.advance(539_900)
    expect(await ann.heard()).toEqual([])
    clock.advance(100)
    expect(await ann.heard()).toEqual([{ type: '$reauth', within: 85_000 }])
    clock.advance(84_900)
    expect(await ann.heard()).toEqual([])
    ann.say({ type: 'note', data: 'still here' })
    expect(await ann.heard()).toEqual([{ type: 'noted', data: 'still here' }])
    clock.advance(100)
    expect(await ann.ended()).toEqual({ code: 4101, reason: 'the credential has expired' })
    expect(log.at(-1)).toBe('close 4101 ann')
  })

  test('may be short: a new one is asked for at half of it', async () => {
    const { clock, join } = setup({ graceMs: 1000 })
    const ann = await join('ann.4000')
    await ann.heard()
    clock.advance(1900)
    expect(await ann.heard()).toEqual([])
    clock.advance(100)
    expect(await ann.heard()).toEqual([{ type: '$reauth', within: 3000 }])
    clock.advance(3000)
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('has other times, if that is wanted', async () => {
    const { clock, join } = setup({ warnMs: 1000, graceMs: 500 })
    const ann = await join('ann.10000')
    await ann.heard()
    clock.advance(9000)
    expect(await ann.heard()).toEqual([{ type: '$reauth', within: 1500 }])
    clock.advance(1500)
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('is not of the wall clock: to set it changes nothing', async () => {
    const { clock, join } = setup()
    const ann = await join('ann.600000')
    await ann.heard()
    const now = Date.now()
    for (const jump of [-86_400_000, 86_400_000]) {
      vi.spyOn(Date, 'now').mockReturnValue(now + jump)
      clock.advance(100_000)
      expect(await ann.heard()).toEqual([])
      expect(await ann.ended()).toBeUndefined()
    }
    clock.advance(425_000)
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('ends for raw sockets, too', async () => {
    const clock = new TestClock()
    const app = new Hono<any>()
      .use(credential<User>({ verify, graceMs: 1000 }) as MiddlewareHandler)
      .get('/', raw({ message: (c, data) => c.send(data) }))
    const headers = { authorization: 'Bearer ann.2000' }
    const ann = await peer(app, { clock, headers })
    clock.advance(2900)
    ann.say('x')
    expect(await ann.socket.next()).toBe('x')
    clock.advance(100)
    expect(await ann.ended()).toEqual({ code: 4101, reason: 'the credential has expired' })
  })
})

describe('a new credential', () => {
  test('of the same subject renews: the reply says for how long', async () => {
    const { clock, log, join } = setup({ graceMs: 1000 })
    const ann = await join('ann.4000')
    await ann.heard()
    clock.advance(2000)
    await ann.heard()
    ann.say(auth('ann.10000', 1))
    expect(await ann.heard()).toEqual([{ id: 1, data: { expires: 10_000 } }])
    clock.advance(4900)
    expect(await ann.heard()).toEqual([])
    clock.advance(100)
    expect(await ann.heard()).toEqual([{ type: '$reauth', within: 6000 }])
    ann.say(auth('ann', 2))
    expect(await ann.heard()).toEqual([{ id: 2, data: { expires: null } }])
    clock.advance(600_000)
    expect(await ann.ended()).toBeUndefined()
    expect(log).toEqual(['state', 'open ann'])
  })

  test('may come in the time of grace', async () => {
    const { clock, join } = setup({ graceMs: 1000 })
    const ann = await join('ann.4000')
    clock.advance(4900)
    await ann.heard()
    ann.say(auth('ann.9000', 1))
    expect(await ann.heard()).toEqual([{ id: 1, data: { expires: 9000 } }])
    clock.advance(1000)
    expect(await ann.ended()).toBeUndefined()
  })

  test('of somebody else is forbidden, and changes nothing', async () => {
    const { clock, join } = setup({ graceMs: 1000 })
    const ann = await join('ann.4000')
    await ann.heard()
    ann.say(auth('bob.100000', 1))
    expect(await ann.heard()).toEqual([
      { id: 1, error: { code: 'forbidden', message: 'the credential is for somebody else' } },
    ])
    ann.request(2, 'whoami')
    expect(await ann.heard()).toEqual([{ id: 2, data: 'ann' }])
    clock.advance(2000)
    expect(await ann.heard()).toEqual([{ type: '$reauth', within: 3000 }])
    clock.advance(3000)
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('is of the same subject only if all that verify said is the same, unless told', async () => {
    const { join } = setup({ subject: undefined as never })
    const ann = await join('ann.4000')
    await ann.heard()
    ann.say(auth('ann.5000', 1), auth('bob.5000', 2))
    expect(await ann.heard()).toMatchObject([
      { id: 1, data: { expires: 5000 } },
      { id: 2, error: { code: 'forbidden' } },
    ])
  })

  test('that is not valid, or too old, is unauthenticated, and changes nothing', async () => {
    const { clock, join } = setup({ graceMs: 1000 })
    const ann = await join('ann.4000')
    await ann.heard()
    ann.say(auth('bad', 1), auth('ann.0', 2))
    const error = (message: string): object => ({ code: 'unauthenticated', message })
    expect(await ann.heard()).toEqual([
      { id: 1, error: error('the credential is not valid') },
      { id: 2, error: error('the credential has expired') },
    ])
    clock.advance(5000)
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('is a token: what is none, or too long, is invalid', async () => {
    const { join } = setup()
    const ann = await join('ann')
    await ann.heard()
    const wrong = [undefined, 5, null, {}, ['ann'], 'x'.repeat(4097), 'ü'.repeat(2049)]
    ann.say(...wrong.map((token, i) => auth(token, i + 1)))
    const frames = await ann.heard()
    expect(frames.map(({ id, error }) => [id, error.code])).toEqual(
      wrong.map((_, i) => [i + 1, 'invalid']),
    )
    ann.say(auth('ann'))
    expect(await ann.heard()).toMatchObject([{ error: { code: 'unknown' } }])
  })

  test('may be wrong five times in a minute, then it is 4100', async () => {
    const { clock, join } = setup()
    const ann = await join('ann')
    await ann.heard()
    for (let id = 1; id <= 4; id++) ann.say(auth('bad', id))
    expect(await ann.heard()).toHaveLength(4)
    clock.advance(60_000)
    for (let id = 5; id <= 8; id++) ann.say(auth('bad', id))
    expect(await ann.heard()).toHaveLength(4)
    ann.say(auth('bad', 9), auth('ann', 10))
    expect(await ann.heard()).toEqual([])
    expect(await ann.ended()).toEqual({ code: 4100, reason: 'too many invalid credentials' })
  })

  test('whose verify fails is internal, and observers hear why', async () => {
    const errors: unknown[] = []
    const stop = observe(({ error, where }) => void errors.push([String(error), where]))
    const { join } = setup()
    const ann = await join('ann')
    await ann.heard()
    ann.say(auth('broken', 1))
    const frames = await ann.heard()
    stop()
    expect(frames).toMatchObject([{ id: 1, error: { code: 'internal' } }])
    expect(JSON.stringify(frames)).not.toContain('secret')
    expect(errors).toEqual([['Error: secret of the store', 'request $auth']])
  })

  test('whose verify never settles is a timeout; the old one ends when it would', async () => {
    const never = (token: string): User | null | Promise<never> =>
      token === 'never' ? new Promise<never>(() => {}) : verify(token)
    const { clock, join } = setup({ verify: never })
    const ann = await join('ann.60000')
    await ann.heard()
    ann.say(auth('never', 1))
    expect(await ann.heard()).toEqual([])
    clock.advance(30_100)
    expect(await ann.heard()).toMatchObject([
      { id: 1, error: { code: 'timeout' } },
      { type: '$reauth' },
    ])
    clock.advance(55_000)
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('that is found valid after the end is worth nothing', async () => {
    const gate = Promise.withResolvers<User>()
    const { clock, join } = setup({
      graceMs: 1000,
      verify: (token) => (token === 'slow' ? gate.promise : verify(token)),
    })
    const ann = await join('ann.4000')
    await ann.heard()
    ann.say(auth('slow', 1))
    await turn()
    clock.advance(5000)
    gate.resolve({ user: 'ann', expiresInMs: 9000 })
    expect((await ann.ended())?.code).toBe(4101)
  })

  test('is nothing that a socket without the policy knows', async () => {
    const clock = new TestClock()
    const ann = await peer(socket(contract({}), {}), { clock })
    ann.say(auth('ann', 1))
    expect(await ann.heard()).toMatchObject([{ id: 1, error: { code: 'unknown' } }])
  })
})

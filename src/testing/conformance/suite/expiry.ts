import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Session } from '../session.ts'
import { bearer } from './credential.ts'

/** How much later than it should be something may be on a busy machine; an object's alarm has seconds. */
const LATE_MS = 5000

/** The life of a credential: a new one is asked for in time, and without one the connection ends. */
export function expiry(kit: Kit): void {
  const { expect } = kit

  kit.test('it is in the welcome; a new one is asked for, and then it is 4101', async (it) => {
    const protocols = ['denwa.v1.json']
    const socket = await authorized(it, 'ann.500', protocols)
    const welcome = await socket.next()
    expect(welcome.expires).toBeGreaterThan(0)
    expect(welcome.expires).toBeLessThanOrEqual(500)
    const asked = await socket.next(500 + LATE_MS)
    expect(asked.type).toBe('$reauth')
    expect(asked.within).toBeLessThanOrEqual(1750)
    expect(await socket.closed(2000 + LATE_MS)).toMatchObject({
      code: 4101,
      reason: 'the credential has expired',
    })
    const closed = (notes: string[]): boolean => notes.some((note) => note.startsWith('close'))
    expect((await it.trace(closed)).at(-1)).toBe('close 4101 the credential has expired')
  })

  kit.test('a new one of the same subject renews, as often as it comes', async (it) => {
    const socket = await authorized(it, 'ann.500')
    await socket.find(({ type }) => type === '$reauth', 500 + LATE_MS)
    socket.frame({ type: '$auth', id: 1, token: 'ann.500' })
    expect(await socket.next()).toEqual({ id: 1, data: { expires: 500 } })
    await socket.find(({ type }) => type === '$reauth', 500 + LATE_MS)
    socket.frame({ type: '$auth', id: 2, token: 'ann' })
    expect(await socket.next()).toEqual({ id: 2, data: { expires: null } })
    await sleep(2600)
    socket.request('whoami', 3)
    expect((await socket.next()).data.state.user).toBe('ann')
  })

  kit.test('one of another subject is forbidden, an invalid one unauthenticated', async (it) => {
    const socket = await authorized(it, 'ann.500')
    const wrong: [token: string, code: string][] = [
      ['bob.60000', 'forbidden'],
      ['bad.60000', 'unauthenticated'],
      ['ann.0', 'unauthenticated'],
      ['broken', 'internal'],
    ]
    for (const [i, [token, code]] of wrong.entries()) {
      socket.frame({ type: '$auth', id: i + 1, token })
      const { id, error } = await socket.find((frame) => frame.id !== undefined)
      expect([token, id, error.code]).toEqual([token, i + 1, code])
      expect(JSON.stringify(error)).not.toContain('secret')
    }
    socket.request('whoami', 9)
    expect((await socket.find(({ id }) => id === 9)).data.state.user).toBe('ann')
    expect((await socket.closed(2000 + LATE_MS)).code).toBe(4101)
  })

  kit.attack('five invalid ones in a minute are 4100', async (it) => {
    const socket = await authorized(it, 'ann')
    for (let id = 1; id <= 5; id++) socket.frame({ type: '$auth', id, token: 'bad' })
    expect(await socket.closed()).toMatchObject({
      code: 4100,
      reason: 'too many invalid credentials',
    })
  })

  kit.test('a raw socket ends, too', async (it) => {
    const protocols = ['chat.v1', bearer('ann.300')]
    const link = await it.link(`/raw-bearer/${it.room}`, { protocols })
    expect(await link.message(2000)).toBe('protocol chat.v1')
    expect((await link.closed(1800 + LATE_MS)).code).toBe(4101)
  })

  kit.test('nothing is renewed where there is no policy', async (it) => {
    const socket = await it.open()
    socket.frame({ type: '$auth', id: 1, token: 'ann' })
    expect((await socket.next()).error.code).toBe('unknown')
  })

  function authorized(it: Scope, token: string, protocols: string[] = []): Promise<Session> {
    return it.open(`/bearer/${it.room}`, {
      headers: { authorization: `Bearer ${token}` },
      protocols,
    })
  }
}

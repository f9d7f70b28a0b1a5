import type { Kit, Scope } from '../kit.ts'
import type { Session } from '../session.ts'

/** Longest until rights that were taken away are gone. */
const AT_ONCE_MS = 1000

/** Users who are known lose what they had: the connection, or a channel. */
export function revocation(kit: Kit): void {
  const { expect } = kit
  const channels = kit.given(kit.can.channels, 'no channels')

  channels.test('a user is disconnected, wherever he is, and nobody else', async (it) => {
    const [ann, other, bob] = await crowd(it, 'ann', 'ann', 'bob')
    expect(await ask(it, 'expel', 'ann')).toBe(2)
    for (const each of [ann, other]) {
      expect(await each!.closed(AT_ONCE_MS)).toMatchObject({ code: 4009, reason: 'disconnected' })
    }
    expect(await ask(it, 'expel', 'ann')).toBe(0)
    await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'to Bob' })
    expect((await bob!.find(({ type }) => type === 'said')).data.text).toBe('to Bob')
    const ended = (notes: string[]): boolean =>
      notes.filter((note) => note === 'close 4009 disconnected').length === 2
    expect(ended(await it.trace(ended))).toBe(true)
  })

  channels.test('a user is taken off a channel, and hears nothing of it any more', async (it) => {
    const [ann, bob] = await crowd(it, 'ann', 'bob')
    expect(await ask(it, 'silence', 'ann')).toBe(1)
    expect(await ann!.next(AT_ONCE_MS)).toEqual({
      type: '$left',
      channel: `room/${it.room}`,
      code: 'revoked',
    })
    expect(await ask(it, 'silence', 'ann')).toBe(0)
    await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'to Bob' })
    expect((await bob!.find(({ type }) => type === 'said')).data.text).toBe('to Bob')
    ann!.request('whoami', 2)
    expect((await ann!.next()).id).toBe(2)
    // The rule lets her in again.
    ann!.frame({ type: '$join', id: 3, channel: `room/${it.room}` })
    expect((await ann!.next()).id).toBe(3)
  })

  channels.test('nobody is there: nobody is counted', async (it) => {
    expect([await ask(it, 'expel', 'ann'), await ask(it, 'silence', 'ann')]).toEqual([0, 0])
  })
}

/** Users on the channel of the test's room. */
async function crowd(it: Scope, ...users: string[]): Promise<Session[]> {
  const all: Session[] = []
  for (const user of users) {
    const headers = { authorization: `Bearer ${user}` }
    const socket = await it.open(`/bearer/${it.room}?join=1`, { headers })
    socket.request('echo', 1, { text: 'in' })
    await socket.find(({ id }) => id === 1)
    all.push(socket)
  }
  return all
}

async function ask(it: Scope, what: string, user: string): Promise<number> {
  const { body } = await it.fetch(`/${what}/${it.room}/${user}`, { method: 'POST' })
  return JSON.parse(body) as number
}

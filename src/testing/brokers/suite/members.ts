import type { Member } from '../../../broker/port.ts'
import type { BrokerKit } from '../kit.ts'

const TTL_MS = 1_000

/** Who is on a channel. */
export function members({ test, expect, can, given }: BrokerKit): void {
  const member = (key: string, more: Partial<Member> = {}): Member => ({
    key,
    meta: `{"name":"${key}"}`,
    connection: `c_${key}`,
    ...more,
  })
  const byKey = (all: readonly Member[]): Member[] =>
    all.toSorted((a, b) => (a.key < b.key ? -1 : 1))

  test('come and go', async (it) => {
    const all = async () => byKey((await it.broker.members('a')).members)
    expect(await all()).toEqual([])
    await it.broker.enter('a', member('ann'), TTL_MS)
    await it.broker.enter('a', member('bob', { secret: 's', untilMs: 1_234.5 }), TTL_MS)
    expect(await all()).toEqual([member('ann'), member('bob', { secret: 's', untilMs: 1_234.5 })])
    await it.broker.exit('a', 'ann')
    await it.broker.exit('a', 'nobody')
    await it.broker.exit('b', 'bob')
    expect(await all()).toEqual([member('bob', { secret: 's', untilMs: 1_234.5 })])
  })

  test('are known by their key: what is said last of one counts', async (it) => {
    const changes: Partial<Member>[] = [
      { secret: 's', earlier: 'r', turn: 1, sinceMs: 4, untilMs: 5 },
      { secret: 's', earlier: 'q', turn: 1, sinceMs: 4, untilMs: 5 },
      { secret: 's', earlier: 'q', turn: 2, sinceMs: 4, untilMs: 5 },
      { secret: 's', earlier: 'q', turn: 2, sinceMs: 1_764_000_000_000, untilMs: 5 },
      { secret: 's', untilMs: 5 },
      { secret: 's', untilMs: 5, meta: '"away"' },
      { secret: 's', untilMs: 5, connection: 'c_2' },
      { secret: 's', untilMs: 6 },
      { secret: 't', untilMs: 6 },
      { secret: 't' },
      {},
      {},
    ]
    for (const change of changes) {
      await it.broker.enter('a', member('ann', change), TTL_MS)
      expect((await it.broker.members('a')).members).toEqual([member('ann', change)])
    }
  })

  test('belong to one channel, and their keys may be any', async (it) => {
    for (const name of ['__proto__', 'constructor', 'a']) {
      for (const key of ['__proto__', 'toString', '']) {
        await it.broker.enter(name, member(key, { meta: `"${name}"` }), TTL_MS)
      }
    }
    await it.broker.exit('a', '__proto__')
    for (const [name, keys] of [
      ['__proto__', ['', '__proto__', 'toString']],
      ['a', ['', 'toString']],
      ['b', []],
    ] as const) {
      const all = byKey((await it.broker.members(name)).members)
      expect(all.map(({ key }) => key)).toEqual(keys)
      expect(all.every(({ meta }) => meta === `"${name}"`)).toBe(true)
    }
  })

  test('the number of the last announcement', async (it) => {
    if (!it.broker.announced) return
    it.broker.announced('a', 7)
    it.broker.announced('a', 8)
    const versions = async () => [
      (await it.broker.members('a')).version,
      (await it.broker.members('b')).version,
    ]
    expect(await versions()).toEqual([8, 0])
    await it.say('a')
    expect(await versions()).toEqual([8, 0])
  })

  given(can.shared, 'there is no other').test(
    'of another process are told, and end with it',
    async (it) => {
      const other = await it.other()
      const seen: string[] = []
      await it.broker.subscribe('a', {
        published: () => {},
        entered: ({ key, secret }) => seen.push(`+${key}${secret ?? ''}`),
        exited: (key) => seen.push(`-${key}`),
      })
      await other.enter('a', member('ann', { secret: 's' }), TTL_MS)
      await other.enter('a', member('bob'), TTL_MS)
      await it.until(() => seen.length >= 2)
      await other.exit('a', 'bob')
      await it.until(() => seen.includes('-bob'))
      const present = async (): Promise<string[]> =>
        (await it.broker.members('a')).members.map(({ key }) => key)
      expect(await present()).toEqual(['ann'])
      await it.pass(TTL_MS * 2)
      await it.until(async () => (await present()).length === 0)
      expect(await present()).toEqual([])
      expect(seen.includes('+anns')).toBe(true)
    },
  )
}

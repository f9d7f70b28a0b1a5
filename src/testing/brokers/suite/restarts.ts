import { type BrokerKit, KEEP } from '../kit.ts'

/** What outlives a process that is killed. */
export function restarts({ expect, can, given }: BrokerKit): void {
  const { test } = given(can.durable, 'nothing outlives the process')

  test('publications and positions', async (it) => {
    const never = (await it.read('never')).position
    for (let i = 0; i < 20; i++) await it.say('a', `${i}`)
    const before = await it.read('a', { last: 100 })
    await it.restart()
    expect(await it.read('a', { last: 100 })).toEqual(before)
    expect((await it.read('never')).position).toEqual(never)
    expect(await it.say('a')).toEqual([before.position[0], 21])
    const { publications } = await it.read('a', { since: before.position })
    expect(publications.map(({ offset }) => offset)).toEqual([21])
  })

  test('a position of which nothing is kept', async (it) => {
    const keep = { ...KEEP, maxBytes: 10, maxAgeMs: 500 }
    await it.say('large', 'x', keep)
    await it.say('large', 'x'.repeat(11), keep)
    const large = (await it.say('large', 'x'.repeat(11), keep))!
    const old = (await it.say('old', 'x', keep))!
    await it.pass(1_000)
    await it.restart()
    for (const [channel, since] of [
      ['large', large],
      ['old', old],
    ] as const) {
      const page = await it.read(channel, { since }, keep)
      expect(page).toEqual({ position: since, publications: [] })
    }
    await it.restart()
    expect(await it.say('old', 'x', keep)).toEqual([old[0], 2])
    expect(await it.say('large', 'x', keep)).toEqual([large[0], 4])
  })

  test('bounds go on', async (it) => {
    const keep = { size: 5, maxAgeMs: 60_000, maxBytes: 6 }
    for (const body of ['1', '2', '3', '4', '5', '6']) await it.say('a', body, keep)
    await it.restart()
    expect(await it.kept('a', keep)).toEqual([2, 3, 4, 5, 6])
    await it.say('a', '123', keep)
    expect(await it.kept('a', keep)).toEqual([4, 5, 6, 7])
  })

  test('members, and the number of the last announcement', async (it) => {
    const ann = { key: 'ann', meta: '{}', connection: 'c_1', secret: 's', untilMs: 5_000 }
    await it.broker.enter('a', ann, 1_000)
    it.broker.announced?.('a', 7)
    const version = it.broker.announced ? 7 : 0
    await it.restart()
    expect(await it.broker.members('a')).toEqual({ version, members: [ann] })
    await it.broker.exit('a', 'ann')
    await it.restart()
    expect((await it.broker.members('a')).members).toEqual([])
  })
}

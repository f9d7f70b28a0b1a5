import type { Keep } from '../../../broker/port.ts'
import { type BrokerKit, KEEP } from '../kit.ts'

const tight = (keep: Partial<Keep>): Keep => ({ ...KEEP, ...keep })

/** What is kept, and how much of it is given. */
export function bounds({ test, expect, can, given }: BrokerKit): void {
  const exactly = given(can.bounds === 'exact', 'bounds hold only about')
  exactly.test('the newest are kept: so many', async (it) => {
    const keep = tight({ size: 3 })
    for (let i = 0; i < 10; i++) await it.say('a', 'x', keep)
    expect(await it.kept('a', keep)).toEqual([8, 9, 10])
  })

  exactly.test('so many bytes of UTF-8', async (it) => {
    const keep = tight({ maxBytes: 10 })
    for (const body of ['1234', '123456', '12345']) await it.say('a', body, keep)
    expect(await it.kept('a', keep)).toEqual([3])
    await it.say('b', 'ééé', keep)
    await it.say('b', '1234', keep)
    expect(await it.kept('b', keep)).toEqual([1, 2])
    await it.say('b', '😀1', keep)
    expect(await it.kept('b', keep)).toEqual([2, 3])
  })

  exactly.test('one that is too large is not kept, nor what was before it', async (it) => {
    const keep = tight({ maxBytes: 10 })
    const since = (await it.say('a', '1', keep))!
    const [epoch] = since
    expect(await it.say('a', '12345678901', keep)).toEqual([epoch, 2])
    expect(await it.kept('a', keep)).toEqual([])
    expect((await it.read('a', { since: [epoch, 2] }, keep)).missing).toBeUndefined()
    expect((await it.read('a', { since }, keep)).missing).toBe('evicted')
    expect(await it.say('a', '1', keep)).toEqual([epoch, 3])
    expect(await it.kept('a', keep)).toEqual([3])
  })

  exactly.test('so long', async (it) => {
    const keep = tight({ maxAgeMs: 1_000 })
    await it.say('a', 'x', keep)
    await it.pass(700)
    await it.say('a', 'x', keep)
    await it.pass(700)
    expect(await it.kept('a', keep)).toEqual([2])
    await it.pass(700)
    expect(await it.kept('a', keep)).toEqual([])
  })

  test('who has missed what is no longer kept is told so', async (it) => {
    const keep = tight({ size: 3 })
    const [epoch] = (await it.read('a', {}, keep)).position
    for (let i = 0; i < 400; i++) await it.say('a', 'x', keep)
    for (const offset of [0, 1, 200]) {
      const page = await it.read('a', { since: [epoch, offset] }, keep)
      expect(page).toEqual({ position: [epoch, 400], publications: [], missing: 'evicted' })
    }
    const { publications, missing } = await it.read('a', { since: [epoch, 397] }, keep)
    expect([publications.map(({ offset }) => offset), missing]).toEqual([
      [398, 399, 400],
      undefined,
    ])
  })

  test('and who has missed what has expired', async (it) => {
    const keep = tight({ maxAgeMs: 500 })
    const since = (await it.say('a', 'x', keep))!
    await it.say('a', 'x', keep)
    await it.pass(1_000)
    expect((await it.read('a', { since }, keep)).missing).toBe('evicted')
  })

  test('more than is asked for at most is none at all', async (it) => {
    const [epoch] = (await it.read('a')).position
    for (let i = 0; i < 5; i++) await it.say('a', '1234567890')
    const count = async (range: { maxCount?: number; maxBytes?: number }) => {
      const { publications, missing } = await it.read('a', { since: [epoch, 1], ...range })
      return missing ?? publications.length
    }
    expect([await count({ maxCount: 4 }), await count({ maxCount: 3 })]).toEqual([4, 'too_many'])
    expect([await count({ maxBytes: 40 }), await count({ maxBytes: 39 })]).toEqual([4, 'too_many'])
    const none = await it.read('a', { since: [epoch, 5], maxCount: 0, maxBytes: 0 })
    expect([none.publications, none.missing]).toEqual([[], undefined])
  })

  test('of the last few, as many of the newest as fit', async (it) => {
    for (const body of ['1', '123', '12', '12345']) await it.say('a', body)
    const offsets = async (range: { maxCount?: number; maxBytes?: number }) => {
      const { publications, missing } = await it.read('a', { last: 4, ...range })
      return missing ?? publications.map(({ offset }) => offset)
    }
    expect(await offsets({ maxCount: 2 })).toEqual([3, 4])
    expect(await offsets({ maxBytes: 9 })).toEqual([3, 4])
    expect(await offsets({ maxBytes: 10 })).toEqual([2, 3, 4])
    expect(await offsets({ maxBytes: 4 })).toEqual([])
  })
}

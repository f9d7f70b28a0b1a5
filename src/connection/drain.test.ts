import { describe, expect, test } from 'vitest'
import { turn } from '../../test/support/peer.ts'
import type { Receiver } from '../runtime/port.ts'
import { TestClock } from '../testing/clock.ts'
import { drain } from './drain.ts'

/** Connections as a test plays them, and when each was asked to end. */
function crowd(count: number, { works = 0, stalls = false } = {}) {
  const clock = new TestClock()
  const begin = clock.now()
  const told: { at: number; retry: unknown; force: boolean }[] = []
  const connection = (): Receiver => {
    const each = {
      gone: false,
      drain(retry: readonly [number, number], force: boolean): boolean {
        const at = clock.now() - begin
        if (each.gone || (at < works && !force)) return false
        told.push({ at, retry, force })
        each.gone = !stalls
        each.drain = () => true
        return true
      },
    }
    return each as unknown as Receiver
  }
  const live = Array.from({ length: count }, connection)
  /** Goes on in steps, as time does. */
  const until = async (at: number): Promise<void> => {
    await turn()
    while (clock.now() - begin < at) {
      clock.advance(Math.min(10, at - (clock.now() - begin)))
      await turn()
    }
  }
  return { clock, told, live, connection, until }
}

/** When it has resolved, by the clock of the test. */
function resolution(promise: Promise<void>, clock: TestClock): { at?: number } {
  const seen: { at?: number } = {}
  promise.then(() => (seen.at = clock.now()))
  return seen
}

describe('drain', () => {
  test('of nobody is over at once', async () => {
    const { clock, live } = crowd(0)
    await drain({ live }, 10_000, clock)
    expect(clock.now()).toBe(0)
  })

  test('of a few is over at once', async () => {
    const { clock, live, told } = crowd(20)
    await drain({ live }, 10_000, clock)
    expect(told).toHaveLength(20)
    expect(clock.now()).toBe(0)
  })

  test('tells 500 a second, in groups of a twentieth of that, the oldest first', async () => {
    const { clock, live, told, until } = crowd(2000)
    const done = resolution(drain({ live }, 30_000, clock), clock)
    for (const [at, least, most] of [
      [0, 20, 30],
      [1000, 500, 530],
      [2000, 1000, 1030],
      [3000, 1500, 1530],
      [3990, 1970, 2000],
    ] as const) {
      await until(at)
      expect(told.length).toBeGreaterThanOrEqual(least)
      expect(told.length).toBeLessThanOrEqual(most)
    }
    await until(4050)
    expect(told).toHaveLength(2000)
    expect(done.at).toBeLessThanOrEqual(4050)
    const groups = Map.groupBy(told, ({ at }) => at)
    expect(Math.max(...[...groups.values()].map((group) => group.length))).toBeLessThanOrEqual(30)
    expect(live.every(({ gone }) => gone)).toBe(true)
  })

  test.each([
    [1, 500, 502],
    [500, 950, 1500],
    [2000, 950, 4500],
    [10_000, 950, 20_500],
  ])(
    'of %i has them come back all in the same time, after %i ms, for %i',
    async (count, from, lastsMs) => {
      const { clock, live, told, until } = crowd(count)
      void drain({ live }, 1000, clock)
      await until(1000)
      expect(told).toHaveLength(count)
      const spans = told.map(({ at, retry }) => (retry as number[]).map((ms) => ms + at))
      expect(new Set(spans.map(([begin, end]) => end! - begin!))).toEqual(new Set([lastsMs]))
      const begins = spans.map(([begin]) => begin!)
      expect(Math.min(...begins)).toBe(from)
      // The last group of many is one late.
      expect(Math.max(...begins)).toBeLessThanOrEqual(from + 50)
    },
  )

  test('who is told late has no more to wait for', async () => {
    const { clock, live, told, until } = crowd(3, { works: 400 })
    void drain({ live }, 2000, clock)
    await until(450)
    expect(told.map(({ retry }) => retry)).toEqual(Array.from({ length: 3 }, () => [500, 1006]))
  })

  test('takes half of the time at most to tell them all', async () => {
    const { clock, live, told, until } = crowd(5000)
    const done = resolution(drain({ live }, 1000, clock), clock)
    await until(400)
    expect(told.length).toBeLessThanOrEqual(4600)
    await until(500)
    expect(told).toHaveLength(5000)
    expect(done.at).toBeLessThanOrEqual(500)
  })

  test('waits for those who work', async () => {
    const { clock, live, told, until } = crowd(3, { works: 400 })
    const done = resolution(drain({ live }, 2000, clock), clock)
    await until(390)
    expect(told).toEqual([])
    await until(450)
    expect(told.map(({ force }) => force)).toEqual([false, false, false])
    expect(done.at).toBeLessThanOrEqual(450)
  })

  test('insists when half of the time is over', async () => {
    const { clock, live, told, until } = crowd(3, { works: Infinity })
    const done = resolution(drain({ live }, 2000, clock), clock)
    await until(990)
    expect(told).toEqual([])
    await until(1000)
    expect(told.map(({ at, force }) => [at, force])).toEqual(
      Array.from({ length: 3 }, () => [1000, true]),
    )
    expect(done.at).toBe(1000)
  })

  test('is over in time, though peers do not answer', async () => {
    const { clock, live, told, until } = crowd(3, { stalls: true })
    const done = resolution(drain({ live }, 2000, clock), clock)
    await until(1990)
    expect(told.map(({ at }) => at)).toEqual([0, 0, 0])
    expect(done.at).toBeUndefined()
    await until(2000)
    expect(done.at).toBe(2000)
  })

  test('without time insists at once', async () => {
    const { clock, live, told } = crowd(3, { works: Infinity, stalls: true })
    await drain({ live }, 0, clock)
    expect(told.map(({ force }) => force)).toEqual([true, true, true])
  })

  test('tells those too who were let in before it, and come while it lasts', async () => {
    const { clock, live, told, until, connection } = crowd(1)
    const opening = { live, coming: 1 }
    const done = resolution(drain(opening, 2000, clock), clock)
    await until(300)
    expect([told.length, done.at]).toEqual([1, undefined])
    live.push(connection())
    opening.coming = 0
    await until(360)
    expect(told).toHaveLength(2)
    expect(done.at).toBeLessThanOrEqual(350)
  })

  test('waits for those who never come no longer than it may', async () => {
    const { clock, live, until } = crowd(0)
    const done = resolution(drain({ live, coming: 1 }, 2000, clock), clock)
    await until(2000)
    expect(done.at).toBe(2000)
  })
})

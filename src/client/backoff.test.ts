import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_PAUSE_MS, Pace, spanOf } from './backoff.ts'

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('pauses', () => {
  test('lie between half a second and what doubles with each failure, up to 20 seconds', () => {
    const ends = [0, 0.999_999].map((value) => {
      const pace = new Pace(() => value)
      return Array.from({ length: 8 }, () => Math.round(pace.next(false)))
    })
    expect(ends).toEqual([
      [500, 500, 500, 500, 500, 500, 500, 500],
      [1000, 1500, 2500, 4500, 8500, 16_500, 20_000, 20_000],
    ])
  })

  test('begin anew when a connection has lasted', () => {
    const pace = new Pace(() => 0.5)
    const first = [pace.next(false), pace.next(false), pace.next(false)]
    pace.reset()
    expect([pace.next(false), pace.next(false), pace.next(false)]).toEqual(first)
  })

  test('are long for who is told that there is too much to do', () => {
    const pace = new Pace(() => 0)
    expect(Array.from({ length: 5 }, () => pace.next(true))).toEqual([
      ...[1000, 15_000, 30_000, 150_000, 150_000],
    ])
    pace.reset()
    expect(pace.next(true)).toBe(1000)
  })

  test('are what the server asks for, if the connection before had lasted', () => {
    const pace = new Pace(() => 0.5)
    expect(pace.next(false, [100, 200])).toBe(150)
    expect(pace.next(false, [0, 0])).toBe(1000)
    expect(pace.next(false, [50_000, 50_000])).toBe(50_000)
  })

  test('however long it goes on, whatever chance brings, are within their bounds', () => {
    fc.assert(
      fc.property(
        fc.array(chance, { minLength: 1 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 5000, max: 100_000 }),
        (random, min, max) => {
          let turn = 0
          const pace = new Pace(() => random[turn++ % random.length]!, min, max)
          for (let n = 0; n < 2000; n++) {
            const pause = pace.next(false)
            expect(pause).toBeGreaterThanOrEqual(min)
            expect(pause).toBeLessThanOrEqual(Math.min(max, min + min * 2 ** n))
          }
        },
      ),
      { numRuns: 20 },
    )
  })

  test('spread clients that were cut at once over half a second and more', () => {
    fc.assert(
      fc.property(chance, chance, (a, b) => {
        const [first, second] = [a, b].map((value) => new Pace(() => value).next(false))
        expect(Math.abs(first! - second!)).toBeCloseTo(Math.abs(a - b) * 500, 5)
      }),
    )
  })
})

test('a span is two numbers in order, and no day', () => {
  for (const span of [
    [0, 0],
    [5, 10],
    [0, MAX_PAUSE_MS],
  ])
    expect(spanOf(span)).toEqual(span)
  const bad = [
    undefined,
    null,
    false,
    5,
    '0,1',
    {},
    [],
    [1],
    [2, 1],
    [-1, 5],
    ['a', 'b'],
    [0, 1e300],
  ]
  for (const span of bad) expect(spanOf(span)).toBeUndefined()
})

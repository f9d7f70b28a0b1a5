import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_PAUSE_MS, type Span, overload, pause, spanOf } from './backoff.ts'

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

/** Pauses after one failure after the other. */
function pauses(random: () => number, count: number, asked?: (failures: number) => Span): number[] {
  return Array.from({ length: count }, (_, n) => pause({ random }, n, asked?.(n)))
}

describe('pauses', () => {
  test('lie between half a second and what doubles with each failure, up to 20 seconds', () => {
    const ends = [0, 0.999_999].map((value) => pauses(() => value, 8).map(Math.round))
    expect(ends).toEqual([
      [500, 500, 500, 500, 500, 500, 500, 500],
      [1000, 1500, 2500, 4500, 8500, 16_500, 20_000, 20_000],
    ])
  })

  test('are long for who is told that there is too much to do', () => {
    expect(pauses(() => 0, 5, overload)).toEqual([1000, 15_000, 30_000, 150_000, 150_000])
  })

  test('are what the server asks for, if the connection before had lasted', () => {
    const asked: Span[] = [
      [100, 200],
      [0, 0],
      [50_000, 50_000],
    ]
    expect(
      pauses(
        () => 0.5,
        3,
        (n) => asked[n]!,
      ),
    ).toEqual([150, 1000, 50_000])
  })

  test('however long it goes on, whatever chance brings, are within their bounds', () => {
    fc.assert(
      fc.property(
        fc.array(chance, { minLength: 1 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 5000, max: 100_000 }),
        (random, min, max) => {
          let turn = 0
          const next = (): number => random[turn++ % random.length]!
          for (let n = 0; n < 2000; n++) {
            const ms = pause({ random: next }, n, undefined, { minMs: min, maxMs: max })
            expect(ms).toBeGreaterThanOrEqual(min)
            expect(ms).toBeLessThanOrEqual(Math.min(max, min + min * 2 ** n))
          }
        },
      ),
      { numRuns: 20 },
    )
  })

  test('spread clients that were cut at once over half a second and more', () => {
    fc.assert(
      fc.property(chance, chance, (a, b) => {
        const [first, second] = [a, b].map((value) => pause({ random: () => value }, 0))
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

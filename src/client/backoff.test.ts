import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_PAUSE_MS, type Span, pauses, spanOf } from './backoff.ts'

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const span = fc
  .tuple(fc.nat(MAX_PAUSE_MS), fc.nat(MAX_PAUSE_MS))
  .map(([a, b]): Span => [Math.min(a, b), Math.max(a, b)])

/** Pauses after one failure after the other. */
function after(value: number, failures: readonly (Span | 'overload' | undefined)[]): number[] {
  const { next, overload } = pauses({ random: () => value })
  return failures.map((each) => Math.round(next(each === 'overload' ? overload() : each)))
}

describe('pauses', () => {
  test('begin with half a second to a second, and are as long as all before, up to 20 seconds', () => {
    const ten = Array.from({ length: 10 }, () => undefined)
    expect(after(0, ten)).toEqual([
      ...[500, 500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000],
    ])
    expect(after(0.999_999_9, ten)).toEqual([
      ...[1000, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000, 20_000],
    ])
  })

  test('are long for who is told that there is too much to do, again and again', () => {
    const five = Array.from({ length: 5 }, () => 'overload' as const)
    expect(after(0, five)).toEqual([1000, 15_000, 30_000, 150_000, 150_000])
    expect(after(0.999_999_9, five)).toEqual([2000, 30_000, 60_000, 300_000, 300_000])
  })

  test('do not grow from other failures to minutes', () => {
    expect(after(0, [undefined, undefined, undefined, undefined, 'overload'])).toEqual([
      500, 500, 1000, 2000, 4000,
    ])
    expect(after(0, [undefined, 'overload', undefined, 'overload'])).toEqual([
      500, 1000, 1000, 15_000,
    ])
  })

  test('are what the server asks for, if that is the first or longer', () => {
    expect(
      after(0, [
        [100, 200],
        [0, 0],
        [50_000, 60_000],
        [0, 0],
      ]),
    ).toEqual([100, 500, 50_000, 2000])
  })

  test('after a long one that all were asked for begin with chance', () => {
    expect(after(0, [[60_000, 60_000], undefined])).toEqual([60_000, 500])
    expect(after(0.75, [[60_000, 64_000], undefined])).toEqual([63_000, 3841])
  })

  test('begin anew after a success', () => {
    const rest = pauses({ random: () => 0 })
    for (let n = 0; n < 5; n++) rest.next(rest.overload())
    rest.reset()
    expect([rest.next(), rest.overload()]).toEqual([500, [1000, 2000]])
  })

  test('however long it goes on, whatever chance brings, are within their bounds', () => {
    fc.assert(
      fc.property(
        fc.array(chance, { minLength: 1 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 0, max: 100_000 }),
        (random, minMs, maxMs) => {
          let turn = 0
          const rest = pauses({ random: () => random[turn++ % random.length]! }, { minMs, maxMs })
          for (let n = 0, least = minMs; n < 2000; n++) {
            const ms = rest.next()
            // The first is chance alone, whatever the others may grow to.
            const most = n > 0 && maxMs > 0 ? maxMs : Infinity
            expect(ms).toBeGreaterThanOrEqual(Math.min(most, least))
            expect(ms).toBeLessThanOrEqual(Math.min(most, 2 * least))
            if (n > 0 && maxMs > 0) least *= 2
          }
        },
      ),
      { numRuns: 20 },
    )
  })

  test('are never none', () => {
    const { next } = pauses({ random: () => 0 }, { minMs: 0 })
    expect([next(), next(), next()]).toEqual([1, 1, 2])
  })

  test('differ from client to client, however short they have to be', () => {
    const first = (value: number): number =>
      pauses({ random: () => value }, { minMs: 5000, maxMs: 1000 }).next()
    expect([first(0), first(0.5)]).toEqual([5000, 5000 * Math.SQRT2])
  })

  test('grow, whatever the server asks for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(span, { nil: undefined }), { minLength: 12, maxLength: 50 }),
        chance,
        (asked, value) => {
          const { next } = pauses({ random: () => value })
          const all = asked.map((each) => next(each))
          for (const [n, ms] of all.entries()) {
            if (n > 0) expect(ms).toBeGreaterThanOrEqual(Math.min(20_000, 500 * 2 ** (n - 1)))
            expect(ms).toBeLessThanOrEqual(MAX_PAUSE_MS)
          }
        },
      ),
    )
  })
})

test('a span is two numbers in order, and no day', () => {
  for (const each of [
    [0, 0],
    [5, 10],
    [0, MAX_PAUSE_MS],
  ])
    expect(spanOf(each)).toEqual(each)
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
    [0, Infinity],
    [NaN, NaN],
    [null, -1],
  ]
  for (const each of bad) expect(spanOf(each)).toBeUndefined()
})

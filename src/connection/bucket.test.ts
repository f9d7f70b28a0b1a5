import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bucket } from './bucket.ts'

describe('a bucket', () => {
  test('gives as much at once as it holds, and then as much in each window', () => {
    const bucket = new Bucket(4, 1000, 0)
    expect([1, 2, 3, 4, 5].map(() => bucket.take(1, 0))).toEqual([0, 0, 0, 0, 250])
    expect([bucket.take(1, 249), bucket.take(1, 250), bucket.take(1, 250)]).toEqual([1, 0, 250])
    expect([1, 2, 3, 4, 5].map(() => bucket.take(1, 10_000))).toEqual([0, 0, 0, 0, 250])
  })

  test('takes all or nothing', () => {
    const bucket = new Bucket(100, 1000, 0)
    expect(bucket.take(60, 0)).toBe(0)
    expect(bucket.take(60, 0)).toBe(200)
    expect(bucket.take(40, 0)).toBe(0)
  })

  test('never gives more than it can hold, full or not', () => {
    const bucket = new Bucket(100, 1000, 0)
    for (const now of [0, 60_000, 3_600_000]) expect(bucket.take(101, now)).toBeGreaterThan(0)
    expect(bucket.take(100, 3_600_000)).toBe(0)
  })

  test('has what was asked for when it said that it would, and not before', () => {
    const sizes = fc.record({
      max: fc.integer({ min: 1, max: 1_000_000 }),
      windowMs: fc.integer({ min: 1, max: 86_400_000 }),
      start: fc.double({ min: 0, max: 1e9, noNaN: true }),
      takes: fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 20 }),
    })
    fc.assert(
      fc.property(sizes, ({ max, windowMs, start, takes }) => {
        const bucket = new Bucket(max, windowMs, start)
        let now = start
        for (const each of takes) {
          const count = Math.min(each, max)
          const waitMs = bucket.take(count, now)
          if (waitMs === 0) continue
          expect(Number.isInteger(waitMs)).toBe(true)
          if (waitMs > 1) expect(bucket.take(count, now + waitMs - 2)).toBeGreaterThan(0)
          expect(bucket.take(count, (now += waitMs))).toBe(0)
        }
      }),
    )
  })

  test('a clock that is set back costs a window at most', () => {
    const bucket = new Bucket(2, 1000, 1e12)
    expect([1, 2].map(() => bucket.take(1, 1e12))).toEqual([0, 0])
    const past = 1e12 - 3_600_000
    expect(bucket.take(1, past)).toBe(500)
    expect(bucket.take(1, past + 500)).toBe(0)
  })

  test('in a window and at any rate, no more gets through than twice what it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 200 }), (gaps) => {
        const bucket = new Bucket(10, 1000, 0)
        const given: number[] = []
        let now = 0
        for (const gap of gaps) if (bucket.take(1, (now += gap)) === 0) given.push(now)
        for (const at of given) {
          expect(given.filter((each) => each >= at && each < at + 1000).length).toBeLessThan(21)
        }
      }),
    )
  })

  test('asked without the time it gives the same, and a sixteenth more at once at most', () => {
    const uses = fc.array(fc.tuple(fc.nat({ max: 300 }), fc.integer({ min: 1, max: 9 })))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), uses, (max, all) => {
        const bucket = new Bucket(max, 1000, 0)
        const given: Array<{ at: number; count: number }> = []
        let now = 0
        for (const [gap, count] of all) {
          now += gap
          if (bucket.spend(count, { now: () => now }) === 0) given.push({ at: now, count })
        }
        for (const { at } of given) {
          const window = given.filter((each) => each.at >= at && each.at < at + 1000)
          const sum = window.reduce((total, { count }) => total + count, 0)
          expect(sum).toBeLessThanOrEqual(2 * max + Math.floor(max / 16))
        }
      }),
    )
  })

  test('asked without the time it gives all that comes in, whatever the sizes are', () => {
    const runs = fc.record({
      max: fc.integer({ min: 1, max: 2_000_000 }),
      windowMs: fc.integer({ min: 10, max: 60_000 }),
      // Who waits for nearly all of it waits until it overflows.
      parts: fc.array(fc.double({ min: 0, max: 0.5, noNaN: true }), { minLength: 1, maxLength: 8 }),
      idle: fc.nat({ max: 120_000 }),
    })
    const fits = ({ max, windowMs, parts, idle }: any): boolean => {
      const bucket = new Bucket(max, windowMs, 0)
      const rate = max / windowMs
      let now = idle
      let sum = 0
      for (let i = 0; i < 2000; i++) {
        const count = Math.max(1, Math.floor(parts[i % parts.length] * max))
        const waitMs = bucket.spend(count, { now: () => now })
        const most = max + (now - idle) * rate
        if (waitMs === 0) sum += count
        if (sum > most + max / 16 + rate) return false
        // A wait is a whole number of milliseconds.
        if (waitMs > 0 && sum + count + 2 * rate <= most) return false
        now += waitMs
      }
      return true
    }
    const part = 33_000 / 1_048_576
    const example = { max: 1_048_576, windowMs: 2000, parts: [part], idle: 0 }
    fc.assert(fc.property(runs, fits), { examples: [[example]] })
  })

  test('asked without the time it gives no more at once than it holds', () => {
    const bucket = new Bucket(160, 1000, 0)
    expect(bucket.spend(1, { now: () => 0 })).toBe(0)
    for (const now of [0, 60_000]) {
      expect(bucket.spend(161, { now: () => now })).toBeGreaterThan(0)
    }
    expect(bucket.spend(160, { now: () => 60_000 })).toBe(0)
  })

  test('of less than sixteen every one is counted by the clock', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 }), fc.array(fc.nat({ max: 300 })), (max, gaps) => {
        const [seldom, always] = [new Bucket(max, 1000, 0), new Bucket(max, 1000, 0)]
        let now = 0
        for (const gap of gaps) {
          now += gap
          expect(seldom.spend(1, { now: () => now })).toBe(always.take(1, now))
        }
      }),
    )
  })

  test('seldom looks at the clock', () => {
    const bucket = new Bucket(1600, 1000, 0)
    let looks = 0
    const timers = { now: () => looks++ && 0 }
    for (let i = 0; i < 1600; i++) expect(bucket.spend(1, timers)).toBe(0)
    expect(looks).toBe(16)
    expect(bucket.spend(1, timers)).toBeGreaterThan(0)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digest } from './digest.ts'

test('is the same for the same text, and another for another', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(digest(a) === digest(b)).toBe(a === b)
    }),
    { numRuns: 200 },
  )
})

test('of 50,000 amounts, no two have the same', () => {
  const seen = new Set<string>()
  for (let n = 0; n < 50_000; n++) seen.add(digest(`{"to":"ann","cents":${n}}`))
  expect(seen.size).toBe(50_000)
})

test('is short', () => {
  expect(digest('x'.repeat(65_536)).length).toBeLessThan(24)
})

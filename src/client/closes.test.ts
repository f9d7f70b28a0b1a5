import fc from 'fast-check'
import { expect, test } from 'vitest'
import { verdictOf } from './closes.ts'

test.each([
  [1000, 'retry'],
  [1001, 'retry'],
  [1005, 'retry'],
  [1006, 'retry'],
  [1009, 'retry'],
  [1012, 'retry'],
  [1013, 'slow'],
  [3999, 'retry'],
  [4000, 'stop'],
  [4099, 'stop'],
  [4100, 'renew'],
  [4101, 'renew'],
  [4199, 'renew'],
  [4200, 'retry'],
  [4299, 'retry'],
  [4300, 'retry'],
  [4499, 'retry'],
  [4500, 'stop'],
  [4999, 'stop'],
  [5000, 'retry'],
])('%i: %s', (code, verdict) => {
  expect(verdictOf(code)).toBe(verdict)
})

test('every number has a verdict', () => {
  fc.assert(
    fc.property(fc.double(), (code) =>
      ['retry', 'slow', 'renew', 'stop'].includes(verdictOf(code)),
    ),
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CloseCode, isSendableCloseCode, trimReason } from './close-codes.ts'

const sizeOf = (text: string): number => new TextEncoder().encode(text).length

describe('isSendableCloseCode', () => {
  test('takes 1000 to 1014 but for the three that are never sent, and 3000 to 4999', () => {
    const sendable: number[] = []
    for (let code = -10; code <= 6000; code++) if (isSendableCloseCode(code)) sendable.push(code)
    const range = (from: number, to: number): number[] =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i)
    expect(sendable).toEqual([...range(1000, 1003), ...range(1007, 1014), ...range(3000, 4999)])
  })

  test('refuses what is no integer', () => {
    for (const code of [1000.5, 3000.1, NaN, Infinity, -Infinity, '1000' as never]) {
      expect([code, isSendableCloseCode(code)]).toEqual([code, false])
    }
  })

  test('takes every code that the library closes with', () => {
    for (const code of Object.values(CloseCode)) expect(isSendableCloseCode(code)).toBe(true)
  })
})

describe('trimReason', () => {
  test('keeps what fits in 123 bytes', () => {
    for (const reason of ['', 'bye', 'a'.repeat(123), 'é'.repeat(61), '€'.repeat(41)]) {
      expect(trimReason(reason)).toBe(reason)
    }
  })

  test('cuts at a character, never within one', () => {
    expect(trimReason('a'.repeat(124))).toBe('a'.repeat(123))
    expect(trimReason('é'.repeat(62))).toBe('é'.repeat(61))
    expect(trimReason('€'.repeat(42))).toBe('€'.repeat(41))
    expect(trimReason('😀'.repeat(31))).toBe('😀'.repeat(30))
  })

  test('gives the longest well-formed beginning of at most 123 bytes, for any string', () => {
    const unit = fc.constantFrom('a', 'é', '€', '😀', '\ud800', '\udc00', '\0')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 160 }), (reason) => {
        const cut = trimReason(reason)
        const whole = reason.toWellFormed()
        expect(cut.isWellFormed()).toBe(true)
        expect(whole.startsWith(cut)).toBe(true)
        expect(sizeOf(cut)).toBeLessThanOrEqual(123)
        const [next = ''] = whole.slice(cut.length)
        if (next) expect(sizeOf(cut + next)).toBeGreaterThan(123)
      }),
      { numRuns: 500 },
    )
  })
})

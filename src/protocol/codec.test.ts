import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../test/support/arbitrary.ts'
import { fastest } from '../../test/support/time.ts'
import { MALFORMED, MAX_DEPTH, decode, exceeds, isShallow } from './codec.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const nestedObjects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)

describe('isShallow', () => {
  test('takes a payload that makes 32 levels with its frame, and refuses 33', () => {
    expect(MAX_DEPTH).toBe(32)
    for (const text of [
      nested(31),
      nestedObjects(31),
      `[1,{"b":${nested(29)}}]`,
      '1',
      'null',
      '"x"',
    ]) {
      expect([text, isShallow(decode(text))]).toEqual([text, true])
    }
    for (const text of [nested(32), nestedObjects(32), `[1,{"b":${nested(30)}}]`]) {
      expect([text, isShallow(decode(text))]).toEqual([text, false])
    }
  })

  test('finds the deep place wherever it stands', () => {
    expect(isShallow(decode(`{${'"k":1,'.repeat(10)}"deep":${nested(31)},"last":1}`))).toBe(false)
    expect(isShallow(decode(`[${'[],'.repeat(100)}${nested(31)}]`))).toBe(false)
    expect(isShallow(decode(`{"__proto__":${nested(31)}}`))).toBe(false)
  })

  test('answers for a nesting of 500,000 without an overflow', () => {
    for (const text of [nested(500_000), nestedObjects(500_000)]) {
      expect(isShallow(decode(text))).toBe(false)
    }
    expect(decode('['.repeat(500_000))).toBe(MALFORMED)
  })
})

describe('decode', () => {
  test('keeps `__proto__` and its friends as plain keys', () => {
    const value = decode('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor'])
  })

  test('lets the last of two equal keys win', () => {
    expect(decode('{"a":1,"a":2}')).toEqual({ a: 2 })
  })

  test('reads a number beyond range as infinity', () => {
    expect(decode('1e400')).toBe(Infinity)
  })

  test('refuses a byte order mark, NUL, single quotes, comments, trailing commas and nothing', () => {
    for (const text of ['\uFEFF{}', '\0', '{}\0', "{'a':1}", '{}//', '[1,]', '', ' ', 'NaN']) {
      expect([text, decode(text)]).toEqual([text, MALFORMED])
    }
  })

  test('takes lone surrogates, escaped or not', () => {
    expect(decode('"\\ud800"')).toBe('\ud800')
    expect(decode('"\ud800"')).toBe('\ud800')
  })

  test('needs no more than 20 ms for any 64 KiB', () => {
    const keys = (n: number): string => Array.from({ length: n }, (_, i) => `"${i}":0`).join(',')
    const shapes = [
      `[${'{},'.repeat(21_000)}{}]`,
      `[${'[],'.repeat(21_000)}[]]`,
      `{${keys(7000)}}`,
      `[${'1,'.repeat(32_000)}1]`,
      `[${`${nested(31)},`.repeat(1000)}1]`,
      `"${'\\u0000'.repeat(10_900)}"`,
      nested(32_768),
      `${nested(32_767)}x`,
      `1${'0'.repeat(65_535)}`,
    ]
    for (const text of shapes) {
      expect(text.length).toBeLessThanOrEqual(65_536)
      expect(fastest(() => isShallow(decode(text)))).toBeLessThan(20)
    }
  })

  test('throws for no string at all', () => {
    const text = fc.oneof(anyText(), fc.json(), fc.stringMatching(/^[[\]{}",:0-9a\\]*$/))
    fc.assert(
      fc.property(text, (value) => void decode(value)),
      { numRuns: 500 },
    )
  })
})

describe('exceeds', () => {
  test('counts as TextEncoder does', () => {
    const text = fc.oneof(
      anyText(60),
      fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud800', '\udc00'), maxLength: 60 }),
    )
    fc.assert(
      fc.property(text, fc.nat(200), (value, most) => {
        expect(exceeds(value, most)).toBe(new TextEncoder().encode(value).length > most)
      }),
      { numRuns: 1000 },
    )
  })

  test('is exact at the border', () => {
    expect(exceeds('é'.repeat(50), 100)).toBe(false)
    expect(exceeds('é'.repeat(50), 99)).toBe(true)
    expect(exceeds('a'.repeat(100), 100)).toBe(false)
    expect(exceeds('a'.repeat(101), 100)).toBe(true)
  })
})

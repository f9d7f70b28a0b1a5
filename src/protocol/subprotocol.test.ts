import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../test/support/arbitrary.ts'
import { JSON_PROTOCOL, chooseProtocol, parseProtocols } from './subprotocol.ts'

const TOKEN_CHARS = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz"
const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARS), minLength: 1, maxLength: 12 })
const space = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 })

describe('parseProtocols', () => {
  test('reads unique tokens in their order, whatever white space stands around them', () => {
    const list = fc.uniqueArray(fc.tuple(space, token, space), {
      selector: ([, name]) => name,
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(list, (entries) => {
        const header = entries.map((entry) => entry.join('')).join(',')
        expect(parseProtocols(header)).toEqual(entries.map(([, name]) => name))
      }),
    )
  })

  test('refuses a name that stands twice', () => {
    expect(parseProtocols('a, b, a')).toBeUndefined()
    expect(parseProtocols('a,a')).toBeUndefined()
  })

  test('tells names apart by case', () => {
    expect(parseProtocols('a, A')).toEqual(['a', 'A'])
  })

  test('refuses empty entries and what is no token', () => {
    for (const header of [
      '',
      ',',
      'a,',
      ',a',
      'a,,b',
      'a b',
      'a/b',
      'a;q=1',
      '"a"',
      'é',
      'a\0',
      'a@b',
    ]) {
      expect([header, parseProtocols(header)]).toEqual([header, undefined])
    }
  })

  test('lets only unique tokens through, for any string', () => {
    const header = fc.oneof(
      anyText(),
      fc.string({
        unit: fc.constantFrom('a', 'b', ',', ' ', '\t', '/', '\r', '\n', '\u00a0', '\ufeff'),
      }),
    )
    fc.assert(
      fc.property(header, (value) => {
        const names = parseProtocols(value)
        if (!names) return
        for (const name of names) expect(name).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/)
        expect(new Set(names).size).toBe(names.length)
        // RFC 9110 section 5.6.3: white space is blank and tab, nothing else.
        expect(value.replaceAll(/[ \t]/g, '')).toBe(names.join(','))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('chooseProtocol', () => {
  test('goes by the order of the client', () => {
    expect(chooseProtocol(['x', 'b', 'a'], ['a', 'b'])).toBe('b')
  })

  test('finds nothing that is not known, such as what objects inherit', () => {
    expect(
      chooseProtocol(['constructor', '__proto__', 'length', '0'], [JSON_PROTOCOL]),
    ).toBeUndefined()
    expect(chooseProtocol([], [JSON_PROTOCOL])).toBeUndefined()
    expect(chooseProtocol([JSON_PROTOCOL.toUpperCase()], [JSON_PROTOCOL])).toBeUndefined()
  })
})

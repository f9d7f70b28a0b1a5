import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../test/support/arbitrary.ts'
import { Pattern } from './address.ts'

const room = new Pattern('room/:room')
const seat = new Pattern('hall/:hall/seat/:seat')

/** Parameters that some broker, file system or object would read as more than a name. */
const HOSTILE = [
  'a:b',
  '*',
  '?',
  '[a]',
  '.',
  '..',
  'a.b',
  '>',
  ' ',
  'a b',
  'a/b',
  '/',
  '\r\n',
  'a\r\nPUB admin.pwn 1\r\nx',
  '\0',
  '%',
  '%2F',
  '%00',
  '#',
  '+',
  '$SYS',
  '__proto__',
  'constructor',
  'é',
  '日本',
  '😀',
  "'();DROP",
]

describe('an address', () => {
  test('is the pattern with its parameters', () => {
    expect(room.address({ room: 'lobby' })).toBe('room/lobby')
    expect(seat.address({ hall: 'A-1', seat: '7_b' })).toBe('hall/A-1/seat/7_b')
    expect(new Pattern('news').address({})).toBe('news')
  })

  test('has letters, digits and `_-%` only, whatever the parameter', () => {
    for (const name of HOSTILE) {
      const address = room.address({ room: name })
      expect(address).toMatch(/^room\/[A-Za-z0-9_%-]+$/)
      expect(room.match(address)).toEqual({ room: name })
    }
  })

  test('is decoded to what it was made of, and is different for different parameters', () => {
    const seen = new Map<string, string>()
    fc.assert(
      fc.property(anyText(12), anyText(12), (hall, place) => {
        let address: string
        try {
          address = seat.address({ hall, seat: place })
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
          return
        }
        expect(seat.match(address)).toEqual({ hall, seat: place })
        const key = JSON.stringify([hall, place])
        expect(seen.get(address) ?? key).toBe(key)
        seen.set(address, key)
        expect(address).toMatch(/^hall\/[A-Za-z0-9_%-]+\/seat\/[A-Za-z0-9_%-]+$/)
      }),
      { numRuns: 2000 },
    )
  })

  test('has parameters of 1 to 128 bytes, and 255 characters in all', () => {
    const fits = ['x', 'x'.repeat(128), 'é'.repeat(41)]
    for (const name of fits)
      expect(room.match(room.address({ room: name }))).toEqual({ room: name })
    const long = [
      '',
      'x'.repeat(129),
      'é'.repeat(65),
      'x'.repeat(5000),
      '.'.repeat(128),
      'é'.repeat(64),
    ]
    for (const name of long) expect(() => room.address({ room: name }), name).toThrow(TypeError)
  })

  test('has only text that is well-formed and in form NFC', () => {
    expect(() => room.address({ room: 'e\u0301' })).toThrow(TypeError)
    expect(() => room.address({ room: '\ud800' })).toThrow(TypeError)
    expect(room.address({ room: '\u00e9' })).toBe('room/%C3%A9')
  })

  test('wants every parameter, as a text of its own', () => {
    const none: object[] = [
      {},
      { room: undefined },
      { room: 5 },
      { room: ['a'] },
      Object.create({ room: 'a' }) as object,
    ]
    for (const params of none) {
      expect(() => room.address(params)).toThrow(
        'Cannot address channel "room/:room": parameter "room" is missing',
      )
    }
    expect(() => new Pattern(':constructor').address({})).toThrow(TypeError)
  })
})

describe('match', () => {
  test('takes no other spelling of an address', () => {
    for (const address of [
      '',
      '/',
      'room',
      'room/',
      '/room/a',
      'room/a/',
      'room/a/b',
      'Room/a',
      'hall/a',
      'room/%61',
      'room/%c3%a9',
      'room/é',
      'room/.',
      'room/%2e',
      'room/*',
      'room/a b',
      'room/%',
      'room/%zz',
      'room/%C3',
      'room/%E0%80%80',
      'room/e%CC%81',
      'room/%ED%A0%80',
      'room/:room',
      `room/${'x'.repeat(129)}`,
      `room/${'x'.repeat(5000)}`,
      `room/${'%2E'.repeat(100)}`,
    ]) {
      expect([address, room.match(address)]).toEqual([address, undefined])
    }
  })

  test('accepts a text only if it is the address of what it gives', () => {
    const unit = fc.constantFrom(
      'r',
      'a',
      '/',
      '%',
      '2',
      'E',
      'F',
      'e',
      ':',
      '.',
      'é',
      '\0',
      'room/',
    )
    const address = fc.oneof(
      fc.array(unit, { maxLength: 8 }).map((units) => units.join('')),
      fc.array(unit, { maxLength: 8 }).map((units) => `room/${units.join('')}`),
      anyText(),
    )
    fc.assert(
      fc.property(address, (text) => {
        const params = room.match(text)
        if (params) expect(room.address(params)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  test('gives parameters that have no prototype', () => {
    const params = new Pattern(':__proto__/:constructor').match('a/b')
    expect(Object.getPrototypeOf(params)).toBeNull()
    expect(Object.entries(params as object)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
  })
})

test('a pattern has whole segments, none of them optional or empty', () => {
  for (const name of ['room', 'room/:room', ':a/:b', 'a_b/c-d'])
    expect(new Pattern(name).name).toBe(name)
  for (const name of [
    '',
    '/',
    '/room',
    'room/',
    'a//b',
    'room/:',
    'room/:a?',
    'room/:a{\\d+}',
    'room/*',
    'a.b',
    'é',
    'a b',
  ]) {
    expect(() => new Pattern(name), name).toThrow(TypeError)
  }
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pattern } from '../channel/address.ts'
import { address } from './address.ts'

test('is what the server makes of the same parameters', () => {
  const letter = fc.constantFrom(..."aZ9_-.!~*'()%/:?#& \u0301üé€😀")
  const text = fc.string({ unit: letter, minLength: 1, maxLength: 6 })
  const pattern = new Pattern('room/:room/seat/:seat')
  fc.assert(
    fc.property(text, text, (room, seat) => {
      const params = { room: room.normalize(), seat: seat.normalize() }
      expect(address(pattern.name, params)).toBe(pattern.address(params))
    }),
  )
})

test.each(['a', 'Ann Lee', "it's (you)!", 'a.b~c*d', 'ü', 'ü', '100 %/:x'])(
  'of %j is found again by the server',
  (room) => {
    const pattern = new Pattern('room/:room')
    expect(pattern.match(address('room/:room', { room }))?.room).toBe(room.normalize())
  },
)

test('without a parameter is none', () => {
  expect(() => address('room/:room', {})).toThrow(TypeError)
  expect(address('news', {})).toBe('news')
})

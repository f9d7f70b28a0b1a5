import { expect, test } from 'vitest'
import { Secrets } from './secrets.ts'

test('only the whole secret finds what it belongs to', () => {
  const secrets = new Secrets<number>()
  secrets.add('abcdefghijklmnop', 1)
  expect(secrets.find('abcdefghijklmnop')).toBe(1)
  for (const wrong of [
    '',
    'abcdefgh',
    'abcdefghijklmnoq',
    'abcdefghijklmnopq',
    'bbcdefghijklmnop',
  ]) {
    expect(secrets.find(wrong)).toBeUndefined()
  }
})

test('is forgotten only for whom it belongs to', () => {
  const secrets = new Secrets<number>()
  secrets.add('abcdefghijklmnop', 1)
  secrets.add('abcdefghijklmnoq', 2)
  secrets.delete('abcdefghijklmnop', 2)
  expect(secrets.find('abcdefghijklmnop')).toBe(1)
  secrets.delete('abcdefghijklmnop', 1)
  expect(secrets.find('abcdefghijklmnop')).toBeUndefined()
})

test('that several have in common belongs to the newest of them', () => {
  const secrets = new Secrets<number>()
  for (const owner of [1, 2, 1]) secrets.add('abcdefghijklmnop', owner)
  expect(secrets.find('abcdefghijklmnop')).toBe(1)
  secrets.delete('abcdefghijklmnop', 1)
  expect(secrets.find('abcdefghijklmnop')).toBe(2)
})

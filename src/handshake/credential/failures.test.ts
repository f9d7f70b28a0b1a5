import { expect, test } from 'vitest'
import { Failures } from './failures.ts'

test('so many in a minute are too many', () => {
  const failures = new Failures(3)
  for (const now of [0, 10_000, 20_000]) {
    expect(failures.tooMany('a', now)).toBe(false)
    failures.add('a', now)
  }
  expect(failures.tooMany('a', 20_000)).toBe(true)
  expect(failures.tooMany('b', 20_000)).toBe(false)
  expect(failures.tooMany('a', 59_999)).toBe(true)
  expect(failures.tooMany('a', 60_000)).toBe(false)
  failures.add('a', 60_000)
  expect(failures.tooMany('a', 69_999)).toBe(true)
  expect(failures.tooMany('a', 70_000)).toBe(false)
})

test('those of who goes on count from the last ones', () => {
  const failures = new Failures(2)
  for (let now = 0; now < 1000; now += 100) failures.add('a', now)
  expect(failures.tooMany('a', 60_799)).toBe(true)
  expect(failures.tooMany('a', 60_800)).toBe(false)
})

test('a clock that is set back keeps nobody out', () => {
  const failures = new Failures(1)
  failures.add('a', 1_000_000)
  expect(failures.tooMany('a', 1_000_000)).toBe(true)
  expect(failures.tooMany('a', 5)).toBe(false)
})

test('names of the prototype are names', () => {
  const failures = new Failures(1)
  for (const who of ['__proto__', 'constructor', '']) {
    expect(failures.tooMany(who, 0)).toBe(false)
    failures.add(who, 0)
    expect(failures.tooMany(who, 0)).toBe(true)
  }
})

test('10,000 are remembered; the one that failed longest ago is forgotten', () => {
  const failures = new Failures(1)
  for (let i = 0; i < 10_000; i++) failures.add(`${i}`, 0)
  failures.add('0', 1)
  failures.add('last', 1)
  expect(['0', '1', '2', 'last'].map((who) => failures.tooMany(who, 1))).toEqual([
    true,
    false,
    true,
    true,
  ])
})

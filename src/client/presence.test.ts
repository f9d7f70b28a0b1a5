import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Presence, type Told, presence as make } from './presence.ts'

function watched(): { presence: Presence & Told; log: unknown[] } {
  const presence = make()
  const log: unknown[] = []
  for (const event of ['join', 'leave'] as const) {
    presence.on(event, (meta, key) => log.push([event, key, meta]))
  }
  presence.on('sync', () => log.push('sync'))
  return { presence, log }
}

test('a state tells who is there, and later only what has changed', () => {
  const { presence, log } = watched()
  presence.replace({ version: 1, members: { a: 'ann', b: 'bob' }, self: 'a' })
  expect([presence.self, presence.count]).toEqual(['a', 2])
  presence.replace({ version: 9, members: { a: 'ann', c: 'cy' }, self: 'a' })
  expect(log).toEqual([
    ...[['join', 'a', 'ann'], ['join', 'b', 'bob'], 'sync'],
    ...[['leave', 'b', 'bob'], ['join', 'c', 'cy'], 'sync'],
  ])
  expect([...presence.members]).toEqual([
    ['a', 'ann'],
    ['c', 'cy'],
  ])
})

test('a change is told once, in order, and one that was missed shows', () => {
  const { presence, log } = watched()
  presence.replace({ version: 1, members: { a: 1 } })
  log.length = 0
  expect(presence.change({ version: 2, joined: { b: 2 }, left: ['a'] })).toBe(true)
  expect(presence.change({ version: 2, joined: { b: 2 } })).toBe(true)
  expect(presence.change({ version: 4, joined: { d: 4 } })).toBe(false)
  // Until the state comes.
  expect(presence.change({ version: 5, joined: { e: 5 } })).toBe(true)
  expect(log).toEqual([['leave', 'a', 1], ['join', 'b', 2], 'sync'])
})

test('what is said of a member may change', () => {
  const { presence, log } = watched()
  presence.replace({ version: 1, members: { a: 1 } })
  log.length = 0
  presence.change({ version: 2, joined: { a: 2 } })
  expect([presence.members.get('a'), log]).toEqual([2, ['sync']])
})

test('there may be more than are named', () => {
  const { presence } = watched()
  presence.replace({ version: 1, count: 5000 })
  presence.change({ version: 2, count: 5001 })
  expect([presence.count, presence.members.size]).toEqual([5001, 0])
})

test('names are only names', () => {
  const { presence } = watched()
  presence.replace(JSON.parse('{"version":1,"members":{"__proto__":1,"constructor":2}}'))
  expect([...presence.members.keys()]).toEqual(['__proto__', 'constructor'])
})

test('JSON that makes no sense is refused with a TypeError at most, and what was told stays', () => {
  const told = (tell: () => unknown): void => {
    try {
      tell()
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
    }
  }
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (version, members, left) => {
      const presence = make()
      presence.replace({ version: 1, members: { a: 1 } })
      told(() => presence.replace(version))
      told(() => presence.change(version))
      expect([...presence.members]).toEqual([['a', 1]])
      told(() => presence.replace({ version, members }))
      told(() => presence.replace({ version: 1, members }))
      told(() => presence.change({ version: 2, joined: members, left }))
      expect(presence.count).toBe(presence.members.size)
    }),
  )
})

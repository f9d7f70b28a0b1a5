import { expect, test } from 'vitest'
import { type PathArgs, paths, urlOf } from './proxy.ts'

const url = (path: string, args: PathArgs = {}, base = 'https://test'): string =>
  urlOf(base, path, args).href

test('names lead to a path', () => {
  const opened: unknown[] = []
  const names = paths((...call) => opened.push(call))
  names.chat[':room'].$ws({ param: { room: '1' } })
  names.$ws()
  names['deep']['down'].$ws()
  expect(opened).toEqual([
    ['/chat/:room', { param: { room: '1' } }],
    ['', {}],
    ['/deep/down', {}],
  ])
})

test('a name gives the same each time', () => {
  const names = paths(() => 0)
  expect(names.chat[':room']).toBe(names.chat[':room'])
  expect(names.chat.constructor).not.toBe(names.chat)
  expect(names.chat.constructor.$ws()).toBe(0)
})

test('names may be awaited and printed', async () => {
  const names = paths(() => 0)
  expect(await names.chat).toBeDefined()
  expect(names[Symbol.toStringTag]).toBeUndefined()
})

test.each<[string, string, PathArgs?, string?]>([
  ['/chat', 'https://test/chat'],
  ['/chat/:room', 'https://test/chat/a%2Fb%20c', { param: { room: 'a/b c' } }],
  ['/chat/:room{[0-9]+}/x', 'https://test/chat/7/x', { param: { room: '7' } }],
  ['/chat/:room?', 'https://test/chat', { param: {} }],
  ['/chat/:room?', 'https://test/chat/1', { param: { room: '1' } }],
  ['/:a/:b', 'https://test/1/2', { param: { a: '1', b: '2' } }],
  ['/chat/:room-id', 'https://test/chat/1', { param: { 'room-id': '1' } }],
  ['/chat/:room-id{[a-z]+}/:raum\u00e4?', 'https://test/chat/a', { param: { 'room-id': 'a' } }],
  ['/chat/:toString?', 'https://test/chat', { param: {} }],
  ['/index', 'https://test/'],
  [
    '/chat',
    'https://test/chat?as=Ann+Lee&tag=a&tag=b',
    { query: { as: 'Ann Lee', tag: ['a', 'b'] } },
  ],
  ['/chat', 'https://test/api/chat', {}, 'https://test/api/'],
  ['/chat', 'wss://test:8080/chat', {}, 'wss://test:8080'],
])('%s is %s', (path, whole, args, base) => {
  expect(url(path, args, base)).toBe(whole)
})

test.each(['.', '..', ''])('a parameter is no step to another path: "%s"', (room) => {
  expect(() => url('/chat/:room', { param: { room } })).toThrow(
    new TypeError(`Cannot fill in :room with "${room}"`),
  )
})

test('a parameter that a path wants is a mistake if it is missing', () => {
  expect(() => url('/chat/:room')).toThrow(new TypeError('Cannot fill in :room with ""'))
})

test('what is no address is a mistake, and one without a scheme', () => {
  expect(() => url('/chat', {}, 'nowhere')).toThrow(TypeError)
  expect(() => url('/chat', {}, 'localhost:8787')).toThrow(
    new TypeError('Cannot connect to localhost:8787/chat: begin with http:// or https://'),
  )
})

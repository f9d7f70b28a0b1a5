import { expect, test } from 'vitest'
import { SocketError } from './errors.ts'

test('an error without a message has its code as one', () => {
  const error = new SocketError('not_found')
  expect([error.name, error.code, error.message]).toEqual(['SocketError', 'not_found', 'not_found'])
  expect(error.retryAfterMs).toBeUndefined()
  expect('cause' in error).toBe(false)
})

test('an error keeps its cause and when to retry', () => {
  const cause = new Error('why')
  const error = new SocketError('conflict', 'taken', { cause, retryAfterMs: 5 })
  expect([error.cause, error.retryAfterMs]).toEqual([cause, 5])
})

test('a code is a lower-case word', () => {
  for (const code of ['', 'Bad', 'a-b', '1a', '_a', 'a b', 'é', 'a\n', 'a'.repeat(65)]) {
    expect(() => new SocketError(code, 'x')).toThrow(TypeError)
  }
  for (const code of ['a', 'no_seats_left', 'e404', 'a'.repeat(64)]) {
    expect(new SocketError(code).code).toBe(code)
  }
})

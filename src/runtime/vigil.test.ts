import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Vigil } from './vigil.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const idle = { running: undefined, blocked: false, gone: false }

/** An object stays awake while a timer is set. */
const awake = (): boolean => vi.getTimerCount() > 0

test('nothing keeps an object awake for a connection at rest', () => {
  const vigil = new Vigil()
  vigil.watch(idle)
  vigil.watch({ ...idle, running: new Set() })
  vigil.watch({ ...idle, running: new Set([1]), gone: true })
  expect(awake()).toBe(false)
})

test.each([
  ['a handler that runs', { running: new Set([1]) as Set<number>, blocked: false, gone: false }],
  ['an `open` that waits', { running: undefined, blocked: true, gone: false }],
])('it stays awake for %s, never ten seconds without a timer', (_, busy) => {
  const vigil = new Vigil()
  vigil.watch(busy)
  vi.advanceTimersByTime(50 + 100 + 200)
  for (let passed = 0; passed < 120_000; passed += 3200) {
    expect(awake()).toBe(true)
    vi.advanceTimersToNextTimer()
  }
  busy.gone = true
  vi.advanceTimersByTime(3200)
  expect(awake()).toBe(false)
})

test('it looks at all of them by one timer, and until the last is done', () => {
  const vigil = new Vigil()
  const running = [new Set([1]), new Set([1, 2])]
  for (const each of running) vigil.watch({ ...idle, running: each })
  expect(vi.getTimerCount()).toBe(1)
  running[0]!.clear()
  vi.advanceTimersByTime(50)
  expect(vi.getTimerCount()).toBe(1)
  running[1]!.clear()
  vi.advanceTimersByTime(3200)
  expect(awake()).toBe(false)
  vigil.watch({ ...idle, running: new Set([3]) })
  expect(vi.getTimerCount()).toBe(1)
})

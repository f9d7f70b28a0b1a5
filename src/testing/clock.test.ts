import { expect, test } from 'vitest'
import { TestClock } from './clock.ts'

test('time stands still until it is moved', () => {
  const clock = new TestClock()
  expect(clock.now()).toBe(0)
  clock.advance(5)
  clock.advance(0)
  expect(clock.now()).toBe(5)
})

test('what falls due runs in order, each at its time', () => {
  const clock = new TestClock()
  const log: unknown[] = []
  for (const ms of [30, 10, 20, 41]) clock.after(ms, () => log.push([ms, clock.now()]))
  clock.advance(40)
  expect(log).toEqual([
    [10, 10],
    [20, 20],
    [30, 30],
  ])
  expect(clock.now()).toBe(40)
})

test('what is set off as time moves on runs too, if it falls due', () => {
  const clock = new TestClock()
  const log: number[] = []
  const again = (): void => {
    log.push(clock.now())
    clock.after(10, again)
  }
  clock.after(10, again)
  clock.advance(35)
  expect(log).toEqual([10, 20, 30])
})

test('what is called off does not run', () => {
  const clock = new TestClock()
  let ran = false
  const cancel = clock.after(10, () => (ran = true))
  cancel()
  clock.advance(100)
  expect(ran).toBe(false)
})

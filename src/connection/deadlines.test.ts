import { describe, expect, test } from 'vitest'
import { TestClock } from '../testing/clock.ts'
import { within } from './deadlines.ts'

/** A clock that counts what waits on it. */
class Counted extends TestClock {
  pending = 0

  override after(ms: number, task: () => void): () => void {
    this.pending++
    return super.after(ms, () => {
      this.pending--
      task()
    })
  }
}

describe('within', () => {
  test('notices a deadline at most 100 ms late, and once', () => {
    const clock = new TestClock()
    const log: number[] = []
    for (const ms of [50, 100, 101, 950]) within(clock, ms, () => log.push(ms))
    clock.advance(100)
    expect(log).toEqual([50, 100])
    clock.advance(100)
    expect(log).toEqual([50, 100, 101])
    clock.advance(10_000)
    expect(log).toEqual([50, 100, 101, 950])
  })

  test('is never early', () => {
    const clock = new TestClock()
    const log: number[] = []
    clock.advance(70)
    within(clock, 1000, () => log.push(clock.now()))
    clock.advance(999)
    expect(log).toEqual([])
    clock.advance(101)
    expect(log[0]).toBeGreaterThanOrEqual(1070)
  })

  test('can be called off, before and after', () => {
    const clock = new TestClock()
    const log: number[] = []
    const off = within(clock, 100, () => log.push(100))
    const late = within(clock, 200, () => log.push(200))
    off()
    clock.advance(1000)
    late()
    expect(log).toEqual([200])
  })

  test('needs one timer for all, and none when nothing waits', () => {
    const clock = new Counted()
    expect(clock.pending).toBe(0)
    for (let ms = 1; ms <= 1000; ms++) within(clock, ms, () => {})
    expect(clock.pending).toBe(1)
    clock.advance(2000)
    expect(clock.pending).toBe(0)
    within(clock, 10, () => {})
    expect(clock.pending).toBe(1)
  })

  test('may be asked for more, and called off, as it runs', () => {
    const clock = new TestClock()
    const log: number[] = []
    within(clock, 10, () => {
      off()
      within(clock, 200, () => log.push(200))
    })
    const off = within(clock, 20, () => log.push(20))
    clock.advance(1000)
    expect(log).toEqual([200])
  })

  test('keeps clocks apart', () => {
    const [one, other] = [new TestClock(), new TestClock()]
    const log: string[] = []
    within(one, 10, () => log.push('one'))
    within(other, 10, () => log.push('other'))
    one.advance(1000)
    expect(log).toEqual(['one'])
  })
})

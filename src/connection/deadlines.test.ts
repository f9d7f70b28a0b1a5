import { describe, expect, test } from 'vitest'
import { TestClock } from '../testing/clock.ts'
import { Waiting, wheelOf, within } from './deadlines.ts'

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

describe('what waits on the wheel', () => {
  /** Waits, and asks for the next of its times when one has come. */
  class Item extends Waiting {
    readonly came: number[] = []
    readonly #clock: TestClock
    readonly #times: number[]

    constructor(clock: TestClock, ...times: number[]) {
      super()
      this.#clock = clock
      this.#times = times
      this.ask()
    }

    ask(): void {
      const at = this.#times.shift()
      if (at !== undefined) wheelOf(this.#clock).set(this, at)
    }

    expire(): void {
      this.came.push(this.#clock.now())
      this.ask()
    }
  }

  test('waits for one time only: the last that was asked for', () => {
    const clock = new TestClock()
    const item = new Item(clock, 1000, 3000)
    item.ask()
    clock.advance(10_000)
    expect(item.came).toEqual([3000])
  })

  test('may ask for another time as it comes, though that is the same or has passed', () => {
    const clock = new TestClock()
    const item = new Item(clock, 1000, 1000, 500, 1001, 5000)
    clock.advance(900)
    expect(item.came).toEqual([])
    clock.advance(100)
    expect(item.came).toEqual([1000, 1000, 1000])
    clock.advance(10_000)
    expect(item.came).toEqual([1000, 1000, 1000, 1100, 5000])
  })

  test('is let go of', () => {
    const clock = new TestClock()
    const items = Array.from({ length: 100 }, (_, i) => new Item(clock, 100 * i))
    for (const item of items) wheelOf(clock).delete(item)
    for (const item of items) wheelOf(clock).delete(item)
    expect(items.every(({ waits }) => !waits)).toBe(true)
    clock.advance(20_000)
    expect(items.flatMap(({ came }) => came)).toEqual([])
  })

  test('is noticed in time though the clock was held up', () => {
    const clock = new TestClock()
    const [near, far] = [new Item(clock, 200), new Item(clock, 60_000)]
    clock.advance(200)
    clock.advance(59_800)
    expect([near.came, far.came]).toEqual([[200], [60_000]])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bounded } from './bounded.ts'

const MAX = 1000_000

/** A socket whose peer reads when it is told to. */
class Pipe extends Bounded {
  waiting: number[] = []

  get bufferedAmount(): number {
    return this.waiting.reduce((sum, each) => sum + each, 0)
  }

  send(bytes: number): boolean {
    const before = this.bufferedAmount
    if (!this.admits(before)) return false
    this.waiting.push(bytes)
    this.account(before, this.bufferedAmount)
    return true
  }

  /** How many are taken before one is refused. */
  fill(bytes: number, most = 100_000): number {
    let count = 0
    while (count < most && this.send(bytes)) count++
    return count
  }

  read(bytes = Infinity): void {
    while (bytes > 0 && this.waiting.length > 0) {
      const first = this.waiting[0] as number
      if (first <= bytes) this.waiting.shift()
      else this.waiting[0] = first - bytes
      bytes -= first
    }
  }
}

const pipe = (): Pipe => new Pipe({ maxMessageBytes: 1, maxQueueBytes: MAX })

describe('what may wait', () => {
  test('is a queue, and the message that goes beyond it', () => {
    expect(pipe().fill(300_000)).toBe(5)
    expect(pipe().fill(MAX)).toBe(3)
  })

  test('is one message of any length, and a queue behind it', () => {
    const socket = pipe()
    expect(socket.send(50 * MAX)).toBe(true)
    expect(socket.fill(300_000)).toBe(4)
    expect(socket.send(1)).toBe(false)
  })

  test('is a queue again when the long message has gone', () => {
    const socket = pipe()
    socket.send(5 * MAX)
    socket.fill(300_000)
    socket.read(5 * MAX)
    expect(socket.send(1)).toBe(false)
    socket.read(300_000)
    expect(socket.fill(300_000)).toBe(2)
    socket.read()
    expect(socket.fill(300_000)).toBe(5)
  })

  test('is some thousands of messages, however short', () => {
    // The count is one that is never too low: of two generations.
    const count = pipe().fill(4)
    expect(count).toBeGreaterThan(15_000)
    expect(count).toBeLessThan(16_000)
    expect(pipe().fill(100)).toBe(10_002)
  })

  test('is bounded by the queue and two messages', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3 * MAX }), { maxLength: 50 })
    const reads = fc.array(fc.nat({ max: 2 * MAX }), { minLength: 50, maxLength: 50 })
    fc.assert(
      fc.property(sizes, reads, (messages, takes) => {
        const socket = pipe()
        let longest = 0
        for (const [i, bytes] of messages.entries()) {
          if (socket.send(bytes)) longest = Math.max(longest, bytes)
          expect(socket.bufferedAmount).toBeLessThanOrEqual(MAX + 2 * longest)
          socket.read(takes[i])
        }
      }),
    )
  })

  test('is nothing to a peer that reads: everything gets through, also when something always waits', () => {
    const socket = pipe()
    socket.send(100)
    for (let i = 0; i < 20_000; i++) {
      expect(socket.send(100)).toBe(true)
      if (i % 500 === 499) socket.read(50_000)
    }
    expect(socket.bufferedAmount).toBeGreaterThan(0)
  })
})

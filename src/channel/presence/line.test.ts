import { describe, expect, test } from 'vitest'
import { TurnClock } from '../../../test/support/presence.ts'
import { Line } from './line.ts'

function setUp(wakeAt?: (at: number) => void) {
  const clock = new TurnClock()
  const gone: string[] = []
  const line = new Line<string>(clock, 1000, (item) => gone.push(item), wakeAt)
  return { clock, gone, line }
}

describe('a line', () => {
  test('lets go who has waited, never early and hardly late', () => {
    const { clock, gone, line } = setUp()
    line.add('a')
    clock.advance(500)
    line.add('b')
    clock.advance(499)
    expect(gone).toEqual([])
    clock.advance(101)
    expect(gone).toEqual(['a'])
    clock.advance(500)
    expect(gone).toEqual(['a', 'b'])
    expect(clock.waiting).toBe(0)
  })

  test('knows who waits, and how long', () => {
    const { clock, line } = setUp()
    line.add('a')
    clock.advance(400)
    expect([line.has('a'), line.leftMs('a')]).toEqual([true, 600])
    expect([line.has('b'), line.leftMs('b')]).toEqual([false, undefined])
  })

  test('can be left, and joined again at its end', () => {
    const { clock, gone, line } = setUp()
    for (const item of ['a', 'b', 'c']) line.add(item)
    expect([line.delete('b'), line.delete('b')]).toEqual([true, false])
    clock.advance(500)
    line.add('a')
    clock.advance(600)
    expect(gone).toEqual(['c'])
    clock.advance(500)
    expect(gone).toEqual(['c', 'a'])
  })

  test('has no shorter way: who wants to wait less does not overtake', () => {
    const { clock, gone, line } = setUp()
    line.add('a', 300)
    line.add('b', 200)
    line.add('c', 5000)
    clock.advance(200)
    expect(gone).toEqual([])
    clock.advance(100)
    expect(gone).toEqual(['a', 'b'])
    clock.advance(800)
    expect(gone).toEqual(['a', 'b', 'c'])
    line.add('d')
    line.delete('d')
    line.add('e', 100)
    clock.advance(200)
    expect(gone.at(-1)).toBe('e')
  })

  test('has nothing on a timer once it is stopped', () => {
    const { clock, gone, line } = setUp()
    line.add('a')
    line.stop()
    clock.advance(5000)
    expect([gone, clock.waiting]).toEqual([[], 0])
  })

  test('asks to be woken instead of using a timer', () => {
    const asked: number[] = []
    const { clock, gone, line } = setUp((at) => asked.push(at))
    line.add('a')
    clock.advance(10)
    line.add('b')
    expect([asked, clock.waiting]).toEqual([[1000], 0])
    clock.advance(1000)
    expect(gone).toEqual([])
    line.delete('b')
    line.add('b', 500)
    line.tick()
    expect([gone, asked]).toEqual([['a'], [1000, 1510]])
  })
})

import { describe, expect, test } from 'vitest'
import type { Connection } from '../connection/connection.ts'
import { observe } from '../observe.ts'
import { TestClock } from '../testing/clock.ts'
import { Lossy } from './lossy.ts'

const QUEUE = 1000

/** A member whose queue is as long as the test says, and the texts that reach it. */
function member(clock: TestClock, protocol = 'denwa.v1.json') {
  const got: string[] = []
  const transport = {
    timers: clock,
    limits: { maxQueueBytes: QUEUE, maxMessageBytes: 1 },
    bufferedAmount: 0 as number | undefined,
  }
  const push = (text: string): void => void got.push(text)
  const labels = { connection: 'c', route: '/' }
  const c = { transport, push, labels, snapshot: { protocol } } as unknown as Connection
  return {
    c,
    got,
    waits: (bytes: number | undefined) => void (transport.bufferedAmount = bytes),
  }
}

const said = (frame: string, event = 'said') => ({ event, frame })

function channel(keeps: boolean, protocol?: string) {
  const clock = new TestClock()
  const lossy = new Lossy('room/:room', keeps)
  const [quick, slow] = [member(clock, protocol), member(clock, protocol)]
  for (const { c } of [quick, slow]) lossy.add(c)
  return { clock, lossy, quick, slow }
}

describe('a member that reads', () => {
  test.each([false, true])('gets everything, kept or not: %s', (keeps) => {
    const { lossy, quick } = channel(keeps)
    lossy.send([said('1'), said('2')])
    quick.waits(QUEUE / 4)
    lossy.send([said('3')])
    expect(quick.got).toEqual(['[1,2]', '3'])
  })

  test('gets frames one by one if it understands no arrays', () => {
    const { lossy, quick } = channel(false, '')
    lossy.send([said('1'), said('2')])
    expect(quick.got).toEqual(['1', '2'])
  })

  test('gets everything where the runtime does not tell what waits', () => {
    const { lossy, quick } = channel(false)
    quick.waits(undefined)
    lossy.send([said('1')])
    expect(quick.got).toEqual(['1'])
  })
})

describe('a member that is behind', () => {
  test('misses what is published, and the others do not', () => {
    const { clock, lossy, quick, slow } = channel(false)
    slow.waits(QUEUE / 4 + 1)
    lossy.send([said('1')])
    lossy.send([said('2')])
    slow.waits(0)
    clock.advance(1000)
    lossy.send([said('3')])
    expect([quick.got, slow.got]).toEqual([['1', '2', '3'], ['3']])
  })

  test('has caught up when a quarter of that is left, and not before', () => {
    const { clock, lossy, slow } = channel(false)
    slow.waits(QUEUE)
    lossy.send([said('1')])
    slow.waits(QUEUE / 16 + 1)
    clock.advance(1000)
    lossy.send([said('2')])
    slow.waits(QUEUE / 16)
    lossy.send([said('3')])
    clock.advance(200)
    lossy.send([said('4')])
    expect(slow.got).toEqual(['4'])
  })

  test('gets the latest of each event when it has caught up, in the order of their publication', () => {
    const { clock, lossy, slow } = channel(true)
    slow.waits(QUEUE)
    lossy.send([said('1', 'a'), said('2', 'b')])
    lossy.send([said('3', 'c')])
    lossy.send([said('4', 'a')])
    clock.advance(1000)
    expect(slow.got).toEqual([])
    slow.waits(0)
    clock.advance(200)
    expect(slow.got).toEqual(['[2,3,4]'])
    lossy.send([said('5', 'a')])
    expect(slow.got).toEqual(['[2,3,4]', '5'])
    clock.advance(10_000)
    expect(slow.got).toHaveLength(2)
  })

  test('is told of to observers, by what it will never get', () => {
    const { clock, lossy, slow } = channel(true)
    const drops: number[] = []
    const stop = observe({ drop: ({ count, channel }) => drops.push(count) && channel })
    slow.waits(QUEUE)
    lossy.send([said('1', 'a'), said('2', 'b')])
    lossy.send([said('3', 'a'), said('4', 'a')])
    slow.waits(0)
    clock.advance(200)
    stop()
    expect(drops).toEqual([2])
  })
})

describe('a member that leaves', () => {
  test('behind, gets nothing any more, and nobody waits for it', () => {
    const { clock, lossy, quick, slow } = channel(true)
    slow.waits(QUEUE)
    lossy.send([said('1')])
    lossy.delete(slow.c)
    slow.waits(0)
    clock.advance(1000)
    expect(slow.got).toEqual([])
    expect(lossy.waits).toBe(false)
    lossy.delete(quick.c)
    expect(lossy.size).toBe(0)
  })

  test('because it cannot even take the latest, disturbs nobody', () => {
    const { clock, lossy, quick, slow } = channel(true)
    for (const each of [slow, quick]) each.waits(QUEUE)
    Object.assign(slow.c, { push: () => lossy.delete(slow.c) })
    lossy.send([said('1')])
    for (const each of [slow, quick]) each.waits(0)
    clock.advance(200)
    expect([slow.got, quick.got, lossy.size]).toEqual([[], ['1'], 1])
  })
})

test('it is looked ten times a second while somebody is behind, and never otherwise', () => {
  const { clock, lossy, slow } = channel(false)
  lossy.send([said('1')])
  expect(lossy.waits).toBe(false)
  slow.waits(QUEUE)
  lossy.send([said('2')])
  for (let i = 0; i < 5; i++) {
    expect(lossy.waits).toBe(true)
    clock.advance(100)
  }
  slow.waits(0)
  clock.advance(200)
  expect(lossy.waits).toBe(false)
})

import { describe, expect, test } from 'vitest'
import { turn } from '../../test/support/peer.ts'
import type { Transport } from '../runtime/port.ts'
import { TestClock } from '../testing/clock.ts'
import { RawLive } from './raw.ts'
import { newSnapshot } from './state.ts'

/** A connection on a runtime that the test plays. */
function live(handlers: object = {}) {
  const clock = new TestClock()
  const closes: unknown[] = []
  const ends: unknown[] = []
  let kept = 0
  const transport = {
    timers: clock,
    limits: { maxMessageBytes: 100, maxQueueBytes: 1000 },
    bufferedAmount: undefined,
    send: () => true,
    close: (code: number, reason: string) => void closes.push([code, reason]),
    persist: () => void kept++,
  }
  const close = (_: unknown, info: unknown): unknown => ends.push(info)
  const connection = new RawLive(transport as unknown as Transport, newSnapshot({}, ''), {
    close,
    ...handlers,
  })
  return { connection, clock, closes, ends, kept: () => kept }
}

describe('a close of ours', () => {
  test('waits 5 s for the peer, and then goes on without it', () => {
    const { connection, clock, closes, ends } = live()
    connection.open()
    connection.close(4300, 'enough')
    clock.advance(4999)
    expect([closes, ends]).toEqual([[[4300, 'enough']], []])
    clock.advance(101)
    expect(ends).toEqual([{ code: 4300, reason: 'enough', wasClean: false }])
    connection.lost(1006, '')
    expect(ends).toHaveLength(1)
  })

  test('is over when the peer answers', () => {
    const { connection, clock, ends } = live()
    connection.open()
    connection.close(4300, 'enough')
    connection.lost(4300, 'enough')
    clock.advance(60_000)
    expect(ends).toEqual([{ code: 4300, reason: 'enough', wasClean: true }])
  })

  test('is told with its own code, whatever the runtime reports', () => {
    for (const [reported, wasClean] of [
      [1000, true],
      [1005, true],
      [1006, false],
      [0, false],
    ] as const) {
      const { connection, ends } = live()
      connection.open()
      connection.close(4300, 'enough')
      connection.lost(reported, 'other')
      expect(ends).toEqual([{ code: 4300, reason: 'enough', wasClean }])
    }
  })
})

describe('a runtime', () => {
  test('may report the end more than once, and messages after it', () => {
    const seen: unknown[] = []
    const { connection, ends } = live({ message: (_: unknown, data: unknown) => seen.push(data) })
    connection.open()
    connection.message('1')
    connection.lost(1001, 'away')
    connection.message('2')
    connection.lost(1006, '')
    expect(seen).toEqual(['1'])
    expect(ends).toEqual([{ code: 1001, reason: 'away', wasClean: true }])
  })

  test('may report messages after our close', () => {
    const seen: unknown[] = []
    const { connection } = live({ message: (_: unknown, data: unknown) => seen.push(data) })
    connection.open()
    connection.close()
    connection.message('late')
    expect(seen).toEqual([])
  })

  test('may not report more than its own limit', () => {
    const { connection, closes } = live()
    connection.open()
    connection.message('x'.repeat(100))
    expect(closes).toEqual([])
    connection.message('x'.repeat(101))
    expect(closes).toEqual([[1009, 'at most 100 bytes a message']])
  })

  test('may report the end while open has not settled', async () => {
    const gate = Promise.withResolvers<void>()
    const { connection, ends } = live({ open: () => gate.promise })
    connection.open()
    connection.lost(1006, '')
    await turn()
    expect(ends).toEqual([])
    gate.resolve()
    await turn()
    expect(ends).toHaveLength(1)
  })

  test('may report the end while open never settles: it is told at the limit', async () => {
    const { connection, clock, ends } = live({ open: () => new Promise(() => {}) })
    connection.open()
    connection.lost(1006, '')
    clock.advance(30_100)
    await turn()
    expect(ends).toEqual([{ code: 1006, reason: '', wasClean: false }])
  })
})

test('an open that settles after its time leaves no trace of having settled', async () => {
  for (const settle of ['resolve', 'reject'] as const) {
    const gate = Promise.withResolvers<void>()
    const { connection, clock, closes, kept } = live({ open: () => gate.promise })
    connection.open()
    clock.advance(30_100)
    gate[settle]()
    await turn()
    expect([connection.snapshot.opened, kept()]).toEqual([false, 0])
    expect(closes).toEqual([[1013, 'took too long']])
  }
})

test('a connection that was open before it slept is not opened again', () => {
  const seen: unknown[] = []
  const transport = {
    timers: new TestClock(),
    limits: { maxMessageBytes: 100, maxQueueBytes: 1000 },
    send: () => true,
    close: () => {},
  }
  const snapshot = { ...newSnapshot({ name: 'ann' }, ''), opened: true }
  const connection = new RawLive(transport as unknown as Transport, snapshot, {
    open: () => seen.push('open'),
    message: (c, data) => seen.push([c.id, c.state, data]),
  })
  connection.message('hi')
  expect(seen).toEqual([[snapshot.id, { name: 'ann' }, 'hi']])
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { turn } from '../../test/support/peer.ts'
import type { Timers, Transport } from '../runtime/port.ts'
import { Outbox, flushAll } from './outbox.ts'

/** An outbox, what it has sent, and how often it asked to be told of the end of the turn. */
function box(joins: Timers['joins'], arrays = true) {
  const sent: string[] = []
  let asked = 0
  const soon = (task: () => void): void => {
    asked++
    queueMicrotask(task)
  }
  const timers: Timers = { joins, soon, now: () => 0, random: () => 0, after: () => () => {} }
  const to = { transport: { timers } as Transport, push: (text: string) => void sent.push(text) }
  const outbox = new Outbox(to, arrays)
  return { outbox, sent, asked: () => asked, write: (n: number) => outbox.write(`${n}`) }
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('where everything may wait for the end of the turn', () => {
  test('a lone frame leaves then, as itself', async () => {
    const { write, sent } = box('turn')
    write(1)
    expect(sent).toEqual([])
    await turn()
    expect(sent).toEqual(['1'])
  })

  test('several leave as one array', async () => {
    const { write, sent } = box('turn')
    numbers(1, 3).forEach(write)
    await turn()
    expect(sent).toEqual(['[1,2,3]'])
    write(4)
    await turn()
    expect(sent).toEqual(['[1,2,3]', '4'])
  })

  test('all connections of a turn are told of its end once', async () => {
    const [a, b] = [box('turn'), box('turn')]
    for (const n of [1, 2]) {
      a.write(n)
      b.write(n)
    }
    await turn()
    expect([a.sent, b.sent]).toEqual([['[1,2]'], ['[1,2]']])
    expect(a.asked() + b.asked()).toBe(1)
  })
})

describe('where the end of the turn is far off', () => {
  test('a lone frame leaves at once', () => {
    const { write, sent } = box('later')
    write(1)
    expect(sent).toEqual(['1'])
  })

  test('those that follow in the same turn are joined', async () => {
    const { write, sent } = box('later')
    numbers(1, 4).forEach(write)
    expect(sent).toEqual(['1'])
    await turn()
    expect(sent).toEqual(['1', '[2,3,4]'])
  })

  test('answers to one message leave in one, as soon as it is handled', () => {
    const { outbox, write, sent } = box('later')
    outbox.begin()
    numbers(1, 3).forEach(write)
    expect(sent).toEqual([])
    outbox.end()
    expect(sent).toEqual(['[1,2,3]'])
  })

  test('what a handler says to another connection does not wait for it', () => {
    const [mine, other] = [box('later'), box('later')]
    mine.outbox.begin()
    mine.write(1)
    other.write(1)
    expect([mine.sent, other.sent]).toEqual([[], ['1']])
    mine.outbox.end()
    expect(mine.sent).toEqual(['1'])
  })
})

describe('a message', () => {
  test('holds at most 64 frames', async () => {
    for (const joins of ['turn', 'later'] as const) {
      const { outbox, write, sent } = box(joins)
      outbox.begin()
      numbers(1, 130).forEach(write)
      outbox.end()
      await turn()
      expect(sent.map((text) => (JSON.parse(text) as number[]).length)).toEqual([64, 64, 2])
      expect(sent.flatMap((text) => JSON.parse(text) as number[])).toEqual(numbers(1, 130))
    }
  })

  test('does not wait for more when it holds 64 KiB', () => {
    const { outbox, sent } = box('turn')
    const frame = `"${'x'.repeat(10_000)}"`
    for (let i = 0; i < 6; i++) outbox.write(frame)
    expect(sent).toHaveLength(0)
    outbox.write(frame)
    expect(sent).toHaveLength(1)
  })

  test('is one frame for a peer that negotiated no subprotocol, at once', () => {
    for (const joins of ['turn', 'later', 'never'] as const) {
      const { outbox, write, sent } = box(joins, false)
      outbox.begin()
      numbers(1, 3).forEach(write)
      expect(sent).toEqual(['1', '2', '3'])
      outbox.end()
      expect(sent).toHaveLength(3)
    }
  })

  test('that has to stand alone keeps its place', async () => {
    const { outbox, write, sent } = box('turn')
    write(1)
    write(2)
    outbox.writeAlone('pong')
    write(3)
    await turn()
    expect(sent).toEqual(['[1,2]', 'pong', '3'])
  })
})

test('what an unfinished handler has said can be sent before something else', () => {
  const { outbox, write, sent } = box('later')
  outbox.begin()
  write(1)
  flushAll()
  expect(sent).toEqual(['1'])
  write(2)
  outbox.end()
  expect(sent).toEqual(['1', '2'])
})

test('all that waits, on any connection, can be sent before something else', async () => {
  const [a, b, c] = [box('turn'), box('turn'), box('turn')]
  a.outbox.begin()
  a.write(1)
  b.write(2)
  flushAll()
  expect([a.sent, b.sent, c.sent]).toEqual([['1'], ['2'], []])
  a.outbox.end()
  await turn()
  expect([a.sent, b.sent]).toEqual([['1'], ['2']])
})

test('whatever is written leaves once, in order, by the end of the turn', async () => {
  const action = fc.constantFrom('a', 'b', 'a', 'b', 'begin', 'end', 'flush', 'turn', 'burst')
  const joins = fc.constantFrom('turn' as const, 'later' as const, 'never' as const)
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), joins, async (actions, mode) => {
      const [a, b] = [box(mode), box(mode)]
      let [n, m] = [0, 0]
      for (const now of actions) {
        if (now === 'a') a.write(n++)
        else if (now === 'b') b.write(m++)
        else if (now === 'begin') a.outbox.begin()
        else if (now === 'end') a.outbox.end()
        else if (now === 'flush') flushAll()
        else if (now === 'burst') for (let i = 0; i < 70; i++) a.write(n++)
        else await turn()
      }
      a.outbox.end()
      await turn()
      for (const [{ sent }, count] of [
        [a, n],
        [b, m],
      ] as const) {
        expect(sent.flatMap((text) => JSON.parse(text) as number)).toEqual(numbers(0, count - 1))
        for (const text of sent) expect([JSON.parse(text)].flat().length).toBeLessThanOrEqual(64)
      }
    }),
    { numRuns: 300 },
  )
})

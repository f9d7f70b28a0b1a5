import { describe, expect, test } from 'vitest'
import { turn } from '../../test/support/peer.ts'
import type { Connection } from '../connection/connection.ts'
import type { NativeTopics, Timers } from '../runtime/port.ts'
import { Topic } from './topic.ts'

type Joins = Timers['joins']

/** A connection as a topic sees it, and the texts that reach it. */
function member(joins: Joins, arrays: boolean, topics?: NativeTopics) {
  const got: string[] = []
  const natives: string[] = []
  const timers = { joins, soon: (task: () => void) => queueMicrotask(task) }
  const transport = {
    timers,
    topics,
    subscribe: (name: string) => void natives.push(`+${name}`),
    unsubscribe: (name: string) => void natives.push(`-${name}`),
  }
  const push = (text: string): void => void got.push(text)
  const c = { transport, push, snapshot: { protocol: arrays ? 'denwa.v1.json' : '' } }
  return { c: c as unknown as Connection, got, natives }
}

function topicOf(members: { c: Connection }[]): Topic {
  const topic = new Topic('0:room')
  for (const { c } of members) topic.add(c)
  return topic
}

const many = (joins: Joins, arrays: boolean, count: number) =>
  Array.from({ length: count }, () => member(joins, arrays))

describe('publications of one turn', () => {
  test('leave together at its end, where everything may wait for it', async () => {
    const [modern, plain] = [member('turn', true), member('turn', false)]
    const topic = topicOf([modern, plain])
    for (const frame of ['1', '2', '3']) topic.publish(frame)
    expect([modern.got, plain.got]).toEqual([[], []])
    await turn()
    expect([modern.got, plain.got]).toEqual([['[1,2,3]'], ['1', '2', '3']])
  })

  test('leave one by one for a few, where the end of the turn is far off', () => {
    const members = many('later', true, 7)
    const topic = topicOf(members)
    for (const frame of ['1', '2', '3']) topic.publish(frame)
    for (const { got } of members) expect(got).toEqual(['1', '2', '3'])
  })

  test('leave together for many, but for the first, which goes ahead', async () => {
    const members = many('later', true, 8)
    const topic = topicOf(members)
    for (const frame of ['1', '2', '3']) topic.publish(frame)
    for (const { got } of members) expect(got).toEqual(['1'])
    await turn()
    for (const { got } of members) expect(got).toEqual(['1', '[2,3]'])
    topic.publish('4')
    for (const { got } of members) expect(got.at(-1)).toBe('4')
    await turn()
  })

  test('leave one by one where the runtime joins by itself', () => {
    const members = many('never', true, 20)
    const topic = topicOf(members)
    for (const frame of ['1', '2']) topic.publish(frame)
    for (const { got } of members) expect(got).toEqual(['1', '2'])
  })

  test('are 64 in a message at most', async () => {
    const one = member('turn', true)
    const topic = topicOf([one])
    for (let i = 0; i < 130; i++) topic.publish(`${i}`)
    await turn()
    const parts = one.got.map((text) => JSON.parse(text) as number[])
    expect(parts.map((part) => part.length)).toEqual([64, 64, 2])
    expect(parts.flat()).toEqual(Array.from({ length: 130 }, (_, i) => i))
  })

  test('wait until they are 64 KiB', async () => {
    const one = member('turn', true)
    const topic = topicOf([one])
    const frame = `"${'x'.repeat(30_000)}"`
    const waits = Array.from({ length: 4 }, () => topic.publish(frame))
    expect(waits).toEqual([true, true, false, true])
    expect(one.got.map((text) => JSON.parse(text).length)).toEqual([3])
    await turn()
    expect(one.got).toEqual([`[${frame},${frame},${frame}]`, frame])
  })

  test('reach who was there when they were said, and nobody else', async () => {
    const [stays, leaves, comes] = [
      member('turn', true),
      member('turn', true),
      member('turn', true),
    ]
    const topic = topicOf([stays, leaves])
    topic.publish('1')
    topic.delete(leaves.c)
    topic.publish('2')
    topic.add(comes.c)
    topic.publish('3')
    await turn()
    expect(stays.got.flatMap((text) => JSON.parse(text) as number)).toEqual([1, 2, 3])
    expect([leaves.got, comes.got]).toEqual([['1'], ['3']])
  })
})

describe('topics of the runtime', () => {
  function native() {
    const said: [string, string][] = []
    return {
      said,
      topics: { publish: (name: string, text: string) => said.push([name, text]) },
    }
  }

  test('carry a publication once for each form that somebody understands', async () => {
    const { said, topics } = native()
    const [a, b] = [member('turn', true, topics), member('turn', false, topics)]
    const topic = topicOf([a])
    topic.publish('1')
    topic.publish('2')
    await turn()
    expect(said).toEqual([['0:room+', '[1,2]']])
    topic.add(b.c)
    topic.publish('3')
    await turn()
    expect(said.slice(1)).toEqual([
      ['0:room+', '3'],
      ['0:room-', '3'],
    ])
    expect([a.got, b.got]).toEqual([[], []])
    expect([a.natives, b.natives]).toEqual([['+0:room+'], ['+0:room-']])
  })

  test('are left, and asked no more when nobody is on them', async () => {
    const { said, topics } = native()
    const [a, b] = [member('turn', true, topics), member('turn', true, topics)]
    const topic = topicOf([a, b])
    topic.delete(a.c)
    expect([a.natives.at(-1), topic.size]).toEqual(['-0:room+', 1])
    topic.publish('1')
    await turn()
    topic.delete(b.c)
    expect(topic.size).toBe(0)
    topic.publish('2')
    await turn()
    expect(said).toEqual([['0:room+', '1']])
  })
})

test('a topic is empty when the last has gone', () => {
  const members = [member('turn', true), member('turn', false)]
  const topic = topicOf(members)
  for (const { c } of members) {
    expect(topic.size).toBeGreaterThan(0)
    topic.delete(c)
  }
  expect(topic.size).toBe(0)
})

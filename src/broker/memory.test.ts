import { describe, expect, test } from 'vitest'
import { type MemoryBrokerOptions, memoryBroker } from './memory.ts'
import type { Keep, Publication } from './port.ts'

const keep: Keep = { size: 10, maxAgeMs: 60_000, maxBytes: 10_000 }
const all = { maxCount: 100, maxBytes: 100_000 }
const HOUR = 60 * 60 * 1000

function setUp(options: MemoryBrokerOptions = {}) {
  const clock = { now: 0 }
  let epochs = 0
  const broker = memoryBroker({ now: () => clock.now, epoch: () => `e${++epochs}`, ...options })
  const say = (channel: string, body = 'x', kept: Keep | undefined = keep) =>
    broker.publish(channel, { event: 'said', body }, kept)
  const offsets = (channel: string) =>
    broker.read(channel, { last: 100, ...all }, keep).publications.map(({ offset }) => offset)
  return { broker, clock, say, offsets }
}

describe('a memory broker', () => {
  test('tells before publish returns', () => {
    const { broker, say } = setUp()
    const heard: [Publication, string][] = []
    broker.subscribe('a', { published: (...told) => heard.push(told) })
    expect(say('a')).toEqual(['e1', 1])
    expect(heard).toEqual([[{ event: 'said', body: 'x', offset: 1 }, 'e1']])
  })

  test('takes the oldest from whom was published to the longest ago, beyond what all may hold', () => {
    const { say, offsets } = setUp({ maxBytes: 4 * 1128 })
    const body = 'x'.repeat(1000)
    for (const channel of ['a', 'a', 'b', 'b', 'b']) say(channel, body)
    expect(offsets('a')).toEqual([2])
    say('a', body)
    expect([offsets('a'), offsets('b')]).toEqual([
      [2, 3],
      [2, 3],
    ])
    say('c', 'x'.repeat(10_000), { ...keep, maxBytes: 20_000 })
    expect([offsets('a'), offsets('b'), offsets('c')]).toEqual([[], [], []])
  })

  test('remembers a position for a day after the last use', () => {
    const { broker, clock, say } = setUp()
    say('a')
    clock.now += 23 * HOUR
    expect(broker.read('a', all, keep).position).toEqual(['e1', 1])
    clock.now += 23 * HOUR
    say('b')
    expect(broker.read('a', all, keep).position).toEqual(['e1', 1])
    clock.now += 25 * HOUR
    say('b')
    say('b')
    expect(broker.read('a', all, keep).position).toEqual(['e3', 0])
  })

  test('remembers it longer for who listens, and while something is kept', () => {
    const { broker, clock, say, offsets } = setUp()
    const end = broker.subscribe('a', { published: () => {} })
    say('a')
    say('b', 'x', { ...keep, maxAgeMs: Infinity })
    for (let day = 0; day < 3; day++) {
      clock.now += 25 * HOUR
      say('c')
      say('c')
    }
    expect(broker.read('a', all, keep).position).toEqual(['e1', 1])
    const forEver = broker.read('b', { last: 1, ...all }, { ...keep, maxAgeMs: Infinity })
    expect(forEver.publications).toHaveLength(1)
    expect(offsets('b')).toEqual([])
    end()
  })

  test('remembers so many channels that nobody listens to, and others begin anew', () => {
    const { broker, say } = setUp({ maxChannels: 3 })
    broker.subscribe('heard', { published: () => {} })
    for (const channel of ['heard', 'a', 'b', 'c', 'd']) say(channel)
    const since = ['e2', 1] as const
    expect(broker.read('a', { since, ...all }, keep)).toEqual({
      position: ['e6', 0],
      publications: [],
      missing: 'epoch',
    })
    expect(broker.read('heard', all, keep).position).toEqual(['e1', 1])
    expect(broker.read('d', all, keep).position).toEqual(['e5', 1])
  })

  test('makes its own epochs', () => {
    const broker = memoryBroker()
    const epochs = ['a', 'b'].map((channel) => broker.read(channel, all, keep).position[0])
    expect(epochs[0]).toMatch(/^[0-9a-f]{12}$/)
    expect(epochs[0]).not.toBe(epochs[1])
  })

  test('refuses limits that are none', () => {
    expect(() => memoryBroker({ maxBytes: 0 })).toThrow(RangeError)
    expect(() => memoryBroker({ maxChannels: 1.5 })).toThrow(/maxChannels/)
  })
})

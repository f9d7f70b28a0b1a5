import { describe, expect, test } from 'vitest'
import { memoryBroker } from '../broker/memory.ts'
import type { Broker, Listener, Missing, Page, Publication } from '../broker/port.ts'
import { TestClock } from '../testing/clock.ts'
import { Feed } from './feed.ts'

const KEEP = { size: 1000, maxAgeMs: 60_000, maxBytes: 1_000_000 }
const said = (text: string): { event: string; body: string } => ({
  event: 'said',
  body: `{"${text}"}`,
})

/** A broker beyond a network: it answers when it is told to, and loses what it is told to. */
class FarBroker {
  readonly local = false
  readonly store = memoryBroker({ epoch: () => `e${this.epochs++}` })
  readonly listeners = new Set<Listener>()
  epochs = 1
  down = false
  reads = 0
  #gate: Promise<void> | undefined

  /** What is asked from now on is answered when the result is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    return () => {
      this.#gate = undefined
      resolve()
    }
  }

  async #answer<T>(run: () => T): Promise<T> {
    const value = run()
    await this.#gate
    if (this.down) throw new Error('out of reach')
    return value
  }

  subscribe(_: string, listener: Listener): Promise<() => void> {
    return this.#answer(() => {
      this.listeners.add(listener)
      return () => this.listeners.delete(listener)
    })
  }

  read(...args: Parameters<Broker['read']>): Promise<Page> {
    this.reads++
    return this.#answer(() => this.store.read(...args))
  }

  /** Somebody publishes, and that many of it arrive: usually one. */
  publish(text: string, times = 1): void {
    const [epoch, offset] = this.store.publish('a', said(text), KEEP)!
    for (let i = 0; i < times; i++) this.tell({ ...said(text), offset }, epoch)
  }

  tell(publication: Publication, epoch: string): void {
    for (const each of this.listeners) each.published(publication, epoch)
  }
}

function setup() {
  const far = new FarBroker()
  const clock = new TestClock()
  const told: number[] = []
  const gaps: Missing[] = []
  const errors: unknown[] = []
  const feed: Feed = new Feed('a', far as unknown as Broker, KEEP, {
    timers: clock,
    listener: { published: (publication, epoch) => feed.published(publication, epoch) },
    deliver: ({ offset }) => told.push(offset),
    gap: (reason) => gaps.push(reason),
    failed: (error) => errors.push(error),
  })
  return { far, clock, feed, told, gaps, errors }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

describe('who is on a channel', () => {
  test('is told all that is published, in order and once', async () => {
    const { far, feed, told } = setup()
    far.publish('before')
    await feed.attach()
    far.publish('1')
    far.publish('2', 3)
    far.publish('3')
    expect(told).toEqual([2, 3, 4])
  })

  test('is told what was lost on the way, before what follows', async () => {
    const { far, feed, told } = setup()
    await feed.attach()
    far.publish('1')
    far.publish('2', 0)
    far.publish('3', 0)
    far.publish('4')
    expect(told).toEqual([1])
    far.publish('5')
    await turn()
    expect(told).toEqual([1, 2, 3, 4, 5])
  })

  test('is told the last one, though nothing follows that would show its loss', async () => {
    const { far, feed, clock, told } = setup()
    await feed.attach()
    far.publish('1', 0)
    clock.advance(29_000)
    await turn()
    expect(told).toEqual([])
    clock.advance(1200)
    await turn()
    expect(told).toEqual([1])
    far.publish('2', 0)
    clock.advance(40_100)
    await turn()
    expect(told).toEqual([1, 2])
  })

  test('begins anew when the store has', async () => {
    const { far, feed, told, gaps } = setup()
    await feed.attach()
    far.publish('1')
    Object.assign(far, { store: memoryBroker({ epoch: () => 'other' }) })
    far.publish('1 again')
    await turn()
    expect([told, gaps]).toEqual([[1], ['epoch']])
    far.publish('2')
    expect(told).toEqual([1, 2])
  })

  test('begins anew when what it missed is not kept any more', async () => {
    const { far, feed, told, gaps } = setup()
    await feed.attach()
    const store = memoryBroker({ epoch: () => 'e1' })
    for (let i = 0; i < 5; i++) store.publish('a', said('x'), { ...KEEP, size: 2 })
    Object.assign(far, { store })
    far.publish('6')
    await turn()
    expect([told, gaps]).toEqual([[], ['evicted']])
  })

  test('is told what it missed while the store was out of reach', async () => {
    const { far, feed, clock, told, errors } = setup()
    await feed.attach()
    far.down = true
    far.publish('1', 0)
    far.publish('2')
    await turn()
    expect([told, errors.length]).toEqual([[], 1])
    clock.advance(1000)
    await turn()
    far.down = false
    clock.advance(2100)
    await turn()
    expect(told).toEqual([1, 2])
  })
})

describe('who comes', () => {
  test('gets what it has missed, and no publication twice', async () => {
    const { far, feed } = setup()
    for (let i = 1; i <= 3; i++) far.publish(`${i}`)
    const enter = await feed.recover({ since: ['e1', 1] })
    const { position, publications, missing } = enter()
    expect([position, missing]).toEqual([['e1', 3], undefined])
    expect(publications.map(({ offset }) => offset)).toEqual([2, 3])
  })

  test('gets what is published while it is read what it has missed', async () => {
    const { far, feed, told } = setup()
    await feed.attach()
    far.publish('1')
    const answer = far.hold()
    const enter = feed.recover({ since: ['e1', 0] })
    far.publish('2')
    answer()
    const entered = await enter
    far.publish('3')
    expect(entered().publications.map(({ offset }) => offset)).toEqual([1, 2, 3])
    expect(told).toEqual([1, 2, 3])
  })

  test('for the first time gets no more than it asks for, though more is published meanwhile', async () => {
    const { far, feed, told } = setup()
    await feed.attach()
    far.publish('1')
    const answer = far.hold()
    const asked = [feed.recover({}), feed.recover({ last: 2 })]
    await turn()
    far.publish('2')
    far.publish('3')
    answer()
    const entered = await Promise.all(asked)
    const [none, two] = entered.map((enter) => enter())
    expect([none, two!.position]).toEqual([
      { position: ['e1', 3], publications: [], missing: undefined },
      ['e1', 3],
    ])
    expect(two!.publications.map(({ offset }) => offset)).toEqual([2, 3])
    expect(told).toEqual([1, 2, 3])
  })

  test('is not ahead of those who are there', async () => {
    const { far, feed, told } = setup()
    await feed.attach()
    far.publish('1', 0)
    const enter = await feed.recover({ since: ['e1', 0] })
    expect(told).toEqual([1])
    expect(enter().position).toEqual(['e1', 1])
    far.tell({ ...said('1'), offset: 1 }, 'e1')
    expect(told).toEqual([1])
  })

  test('has missed nothing if it has the last, nor if there never was one', async () => {
    const { far, feed } = setup()
    const first = (await feed.recover({}))()
    expect(first).toEqual({ position: ['e1', 0], publications: [], missing: undefined })
    expect((await feed.recover({ since: first.position }))()).toEqual(first)
    far.publish('1')
    const enter = await feed.recover({ since: ['e1', 1] })
    expect(enter()).toEqual({ position: ['e1', 1], publications: [], missing: undefined })
  })

  test('gets all that it has missed, or none of it', async () => {
    const { far, feed } = setup()
    for (let i = 1; i <= 300; i++) far.publish(`${i}`)
    const much = await feed.recover({ since: ['e1', 1] })
    expect(much()).toEqual({ position: ['e1', 300], publications: [], missing: 'too_many' })
    const other = await feed.recover({ since: ['e0', 299] })
    expect(other()).toEqual({ position: ['e1', 300], publications: [], missing: 'epoch' })
    const future = await feed.recover({ since: ['e1', 301] })
    expect(future().missing).toBe('epoch')
    expect((await feed.recover({ last: 3 }))().publications.map(({ offset }) => offset)).toEqual([
      298, 299, 300,
    ])
  })

  test('is refused while the store is out of reach, and others are not disturbed', async () => {
    const { far, feed, errors } = setup()
    await feed.attach()
    far.down = true
    await expect(feed.recover({})).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterMs: 1000,
    })
    expect(errors).toHaveLength(1)
    far.down = false
    expect((await feed.recover({}))().position).toEqual(['e1', 0])
  })

  test('first, finds a store that was out of reach', async () => {
    const { far, feed } = setup()
    far.down = true
    await expect(feed.recover({})).rejects.toMatchObject({ code: 'unavailable' })
    far.down = false
    expect((await feed.recover({}))().position).toEqual(['e1', 0])
    expect(far.listeners.size).toBe(1)
  })
})

test('when nobody is left, nobody listens', async () => {
  const { far, feed, clock } = setup()
  await feed.attach()
  feed.end()
  expect(far.listeners.size).toBe(0)
  const { reads } = far
  clock.advance(120_000)
  expect(far.reads).toBe(reads)
})

test('nor when all left before it listened', async () => {
  const { far, feed } = setup()
  const attached = feed.attach()
  feed.end()
  await attached
  expect(far.listeners.size).toBe(0)
})

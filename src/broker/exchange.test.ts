import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Feed } from '../channel/feed.ts'
import { Database } from '../sqlite/database.ts'
import { TestClock } from '../testing/clock.ts'
import { Exchange } from './exchange.ts'
import { type Delivery, type Errand, FarBroker } from './far.ts'
import { memoryBroker } from './memory.ts'
import type { Keep, Member, Publication } from './port.ts'
import { storedBroker } from './stored.ts'
import { Subscribers } from './subscribers.ts'

const keep: Keep = { size: 1000, maxAgeMs: 1e12, maxBytes: 1e9 }
const HOUR = 60 * 60 * 1000

const open: Database[] = []
afterEach(() => open.splice(0).forEach((database) => database.close()))

/** All that can happen at once has happened. */
async function calm(): Promise<void> {
  for (let i = 0; i < 40; i++) await Promise.resolve()
}

/** An object with one connection on the channel. */
class Listening {
  readonly name: string
  readonly got: Publication[] = []
  readonly gaps: string[] = []
  readonly changes: string[] = []
  readonly #town: Town
  readonly #noted = memoryBroker()
  far!: FarBroker
  feed!: Feed
  stop: (() => void) | undefined

  constructor(name: string, town: Town) {
    this.name = name
    this.#town = town
    this.#make()
  }

  #make(): void {
    const reach = async (errand: Errand): Promise<unknown> =>
      JSON.parse(JSON.stringify(this.#town.exchange.run(errand) ?? null)) ?? undefined
    this.far = new FarBroker(this.name, reach, this.#noted)
    const feed = new Feed('a', this.far, keep, {
      timers: this.#town.clock,
      listener: {
        published: (publication, epoch) => feed.published(publication, epoch),
        resumed: (position) => feed.resumed(position),
        entered: ({ key }) => void this.changes.push(`+${key}`),
        exited: (key) => void this.changes.push(`-${key}`),
      },
      // As a client does: what it has already is dropped.
      deliver: (publication) => {
        if (publication.offset > (this.got.at(-1)?.offset ?? 0)) this.got.push(publication)
      },
      gap: (reason) => void this.gaps.push(reason),
      failed: () => {},
    })
    this.feed = feed
  }

  /** Its memory goes, the connection stays. */
  sleep(): void {
    this.#make()
    this.feed.restore()
  }
}

class Town {
  readonly clock = new TestClock()
  readonly objects = new Map<string, Listening>()
  readonly database = new Database(':memory:')
  readonly storage = {
    sql: this.database,
    transactionSync: this.database.transaction,
  }
  /** What happens to the deliveries that come next. */
  faults: ('lost' | 'unanswered')[] = []
  deliveries = 0
  wakeAt = Infinity
  isBroken = false
  exchange!: Exchange
  subscribers!: Subscribers

  constructor() {
    open.push(this.database)
    this.restart()
  }

  /** Its memory goes, whatever it is doing. */
  restart(): void {
    this.subscribers = new Subscribers(this.database)
    const exchange: Exchange = new Exchange({
      kept: storedBroker(this.storage, () => this.clock.now()),
      subscribers: this.subscribers,
      routeOf: (address) => ({ keep: address === 'a' ? keep : undefined, presence: true }),
      deliver: async (object, delivery) => {
        const heard = await this.#deliver(object, delivery)
        if (this.exchange !== exchange) await new Promise(() => {})
        return heard
      },
      alive: async (object, ids) =>
        this.objects.has(object) ? ids.filter((id) => !id.startsWith('gone')) : [],
      wakeAt: (at) => (this.wakeAt = Math.min(this.wakeAt, at)),
      failed: () => {},
    })
    this.exchange = exchange
  }

  async #deliver(object: string, delivery: Delivery): Promise<boolean> {
    this.deliveries++
    await Promise.resolve()
    const fault = this.isBroken ? 'lost' : this.faults.shift()
    if (fault === 'lost') throw new Error('lost')
    const heard = this.objects.get(object)?.far.deliver(JSON.parse(JSON.stringify(delivery)))
    if (fault === 'unanswered') throw new Error('unanswered')
    return heard ?? false
  }

  /** Lets time pass until the alarm goes off. */
  async alarm(): Promise<void> {
    if (this.wakeAt === Infinity) return
    this.clock.advance(Math.max(this.wakeAt - this.clock.now(), 0))
    this.wakeAt = Infinity
    await this.exchange.alarm()
    await calm()
  }

  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    for (let i = 0; i < 100 && this.wakeAt < end; i++) await this.alarm()
    this.clock.advance(Math.max(end - this.clock.now(), 0))
  }

  async enter(name: string): Promise<Listening> {
    const object = new Listening(name, this)
    this.objects.set(name, object)
    await object.feed.attach()
    return object
  }

  say(body = '{}'): void {
    this.exchange.publish('a', { event: 'said', body }, keep)
  }
}

const offsets = ({ got }: Listening): number[] => got.map(({ offset }) => offset)
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

test('whatever sleeps, ends, or gets lost: all arrives, once and in order', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('say' as const) },
    fc.constantFrom('sleep 0', 'sleep 1', 'restart', 'lost', 'unanswered', 'alarm', 'calm'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const town = new Town()
      const objects = [await town.enter('one'), await town.enter('two')]
      let said = 0
      for (const each of steps) {
        if (each === 'say') {
          town.say()
          said++
        } else if (each === 'restart') town.restart()
        else if (each === 'alarm') await town.alarm()
        else if (each === 'calm') await calm()
        else if (each === 'lost' || each === 'unanswered') town.faults.push(each)
        else {
          // An object that is at work does not sleep.
          await calm()
          objects[Number(each.at(-1))]!.sleep()
        }
      }
      town.faults = []
      for (let i = 0; i < 4; i++) {
        await calm()
        await town.alarm()
      }
      for (const object of objects) {
        expect(offsets(object)).toEqual(upTo(said))
        expect(object.gaps).toEqual([])
      }
    }),
    { numRuns: 200 },
  )
})

test('when all is acknowledged nobody is told anything again', async () => {
  const town = new Town()
  const one = await town.enter('one')
  town.say()
  town.say()
  await calm()
  const { deliveries } = town
  await town.alarm()
  expect(town.deliveries).toBe(deliveries)
  expect(town.wakeAt).toBe(Infinity)
  expect(offsets(one)).toEqual([1, 2])
})

test('who has missed more than is kept begins anew', async () => {
  const town = new Town()
  const one = await town.enter('one')
  town.say()
  await calm()
  town.isBroken = true
  for (let i = 0; i < 1500; i++) town.say()
  await calm()
  town.isBroken = false
  one.sleep()
  await town.alarm()
  await calm()
  expect(one.gaps).toEqual(['evicted'])
  town.say()
  await calm()
  expect(one.got.at(-1)!.offset).toBe(1502)
})

test('an object that listens again keeps listening, though it just said that it does not', async () => {
  const town = new Town()
  const one = await town.enter('one')
  town.objects.delete('one')
  town.say()
  // The answer that nobody is there is on its way.
  town.exchange.run({ do: 'subscribe', address: 'a', object: 'one' })
  town.objects.set('one', one)
  await calm()
  town.say()
  await calm()
  expect(offsets(one)).toEqual([1, 2])
})

describe('an object that does not answer', () => {
  test('is asked after longer and longer, at most a minute, and forgotten after a day', async () => {
    const town = new Town()
    await town.enter('one')
    town.isBroken = true
    town.say()
    await calm()
    const times: number[] = []
    for (let i = 0; i < 2000 && town.subscribers.all().length > 0; i++) {
      await town.alarm()
      times.push(town.clock.now())
    }
    expect(town.subscribers.all()).toEqual([])
    const waits = times.slice(1).map((time, i) => time - times[i]!)
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000)
    expect(times.length).toBeLessThan(1500)
    expect(town.clock.now()).toBeGreaterThan(24 * HOUR)
  })

  test('holds up nobody else', async () => {
    const town = new Town()
    const [one, two] = [await town.enter('one'), await town.enter('two')]
    town.faults = ['lost']
    town.say()
    await calm()
    expect(offsets(one)).toEqual([])
    expect(offsets(two)).toEqual([1])
    await town.alarm()
    expect(offsets(one)).toEqual([1])
  })
})

test('an object that is gone is forgotten, and one too many is refused', async () => {
  const town = new Town()
  await town.enter('one')
  town.objects.delete('one')
  town.say()
  await calm()
  expect(town.subscribers.all()).toEqual([])
  for (let i = 0; i < 1000; i++) {
    town.exchange.run({ do: 'subscribe', address: 'a', object: `${i}` })
  }
  await expect(town.enter('late')).rejects.toThrow('the history is out of reach')
  const subscribe = { do: 'subscribe', address: 'a', object: 'late' } as const
  expect(() => town.exchange.run(subscribe)).toThrow(/more than 1000 objects/)
})

test('a channel without history is told at most once', async () => {
  const town = new Town()
  const one = await town.enter('one')
  const published = vi.fn()
  await one.far.subscribe('b', { published })
  const say = async (body: string): Promise<void> => {
    await one.far.publish('b', { event: 'said', body })
    await calm()
  }
  await say('1')
  town.faults = ['lost']
  await say('2')
  await say('3')
  await town.alarm()
  expect(published.mock.calls.map(([{ body }]) => body)).toEqual(['1', '3'])
})

describe('members', () => {
  const member = (key: string, more: Partial<Member> = {}): Member => ({
    key,
    meta: '{}',
    connection: key,
    ...more,
  })

  test('are told to the objects of others, also when that got lost, or they slept', async () => {
    const town = new Town()
    const [one, two] = [await town.enter('one'), await town.enter('two')]
    await one.far.enter('a', member('x'))
    await calm()
    town.faults = ['unanswered']
    await one.far.enter('a', member('y'))
    await calm()
    two.sleep()
    await one.far.exit('a', 'x')
    await calm()
    await town.alarm()
    expect(two.changes).toEqual(['+x', '+y', '-x'])
    expect(one.changes).toEqual([])
    const keys = (object: Listening): string[] =>
      object.far.members('a').members.map(({ key }) => key)
    expect(keys(one)).toEqual(['y'])
    expect(keys(two)).toEqual(['y'])
  })

  test('end with their time, or when their object does not have them any more', async () => {
    const town = new Town()
    const [one, two] = [await town.enter('one'), await town.enter('two')]
    await one.far.enter('a', member('here'))
    await one.far.enter('a', member('gone'))
    await one.far.enter('a', member('lost', { untilMs: 15_000 }))
    await calm()
    await town.pass(HOUR)
    expect(two.changes).toEqual(['+here', '+gone', '+lost', '-lost', '-gone'])
    town.objects.delete('one')
    await town.pass(HOUR)
    expect(two.changes.at(-1)).toBe('-here')
  })

  test('are ended by the object that has them alone', async () => {
    const town = new Town()
    const [one, two] = [await town.enter('one'), await town.enter('two')]
    await one.far.enter('a', member('x'))
    await calm()
    await two.far.enter('a', member('x', { connection: 'another' }))
    await one.far.exit('a', 'x')
    await calm()
    expect(town.exchange.members('a').members).toEqual([member('x', { connection: 'another' })])
  })
})

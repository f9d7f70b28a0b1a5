import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NOBODY_ELSE, StoredMembers, TurnClock, Watcher } from '../../../test/support/presence.ts'
import { Presence } from '../presence.ts'

const GRACE_MS = 15_000
const GAP_MS = 250
/** How late the end of somebody may be noticed. */
const LATE_MS = 100

interface Client {
  readonly name: number
  key: string | undefined
  connection: string
  secret: string
  meta: number
  /** When its connection was lost. */
  lostAt: number | undefined
  /** Connections that are gone, and whose end is not known yet. */
  readonly halfOpen: string[]
}

/** A channel, whoever comes and goes there, and what watchers are told. */
class Room {
  readonly clock: TurnClock = new TurnClock()
  readonly store: StoredMembers = new StoredMembers(() => this.clock.now())
  readonly clients: Client[]
  readonly watchers: Watcher[] = []
  /** Keys of those who are here, in the order in which they entered. */
  readonly here = new Map<string, Client>()
  /** How often each has really come, and gone. */
  readonly came = new Map<string, number>()
  readonly went = new Map<string, number>()
  readonly #cap: number
  #presence: Presence
  #told: number[] = []
  #serial = 0

  constructor(cap: number) {
    this.#cap = cap
    this.clients = Array.from({ length: 5 }, (_, name) => ({
      name,
      key: undefined,
      connection: '',
      secret: '',
      meta: 0,
      lostAt: undefined,
      halfOpen: [],
    }))
    this.#presence = this.#start()
    this.watch()
  }

  #start(): Presence {
    const tell = (frame: string): void => {
      this.#told.push(this.clock.now())
      for (const each of this.watchers) each.hear(frame)
    }
    const broker = this.store.broker(true, NOBODY_ELSE)
    const onError = (error: unknown): never => {
      throw error
    }
    return new Presence('room', { timers: this.clock, broker, tell, onError }, { cap: this.#cap })
  }

  watch(): void {
    this.watchers.push(new Watcher(this.#presence.state()))
  }

  pass(ms: number): void {
    this.clock.advance(ms)
    for (const client of this.clients) {
      if (client.lostAt === undefined) continue
      const lostMs = this.clock.now() - client.lostAt
      if (lostMs > GRACE_MS + LATE_MS) this.#gone(client)
      // Nobody can say whether it was noticed already.
      else if (lostMs >= GRACE_MS) this.pass(LATE_MS + 1)
    }
  }

  /** A client connects, anew or again. */
  connect(client: Client, meta: number): void {
    if (client.connection !== '') return
    const connection = `c${++this.#serial}`
    const secret = `${this.#serial}-secret`.padStart(22, 'x')
    const key = this.#presence.enter(connection, `${meta}`, secret, client.secret || undefined)
    if (client.key === undefined) {
      expect(key).toBe(connection)
      this.here.set(key, client)
      count(this.came, key)
    } else {
      expect(key).toBe(client.key)
    }
    Object.assign(client, { key, connection, secret, meta, lostAt: undefined })
    expect(new Watcher(this.#presence.state(connection)).self).toBe(key)
  }

  update(client: Client, meta: number): void {
    this.#presence.update(client.connection, `${meta}`)
    if (client.connection !== '') client.meta = meta
  }

  leave(client: Client): void {
    if (client.connection === '') return
    this.#presence.leave(client.connection, false)
    client.connection = ''
    this.#gone(client)
  }

  lose(client: Client): void {
    if (client.connection === '') return
    this.#presence.leave(client.connection, true)
    client.connection = ''
    client.lostAt = this.clock.now()
  }

  /** Is cut off, and comes again before that is known here. */
  replace(client: Client, meta: number): void {
    if (client.connection === '') return
    client.halfOpen.push(client.connection)
    client.connection = ''
    this.connect(client, meta)
  }

  notice(client: Client, abnormal: boolean): void {
    for (const connection of client.halfOpen.splice(0)) this.#presence.leave(connection, abnormal)
  }

  /** The process forgets all but what is stored; some connections may be lost meanwhile. */
  sleep(lost: readonly Client[]): void {
    // Not before it has been idle for a while.
    this.pass(2 * GAP_MS + LATE_MS)
    this.#presence.stop()
    this.#presence = this.#start()
    this.#presence.load(this.store.read())
    for (const client of this.clients) {
      client.halfOpen.length = 0
      if (client.connection === '') continue
      if (lost.includes(client)) {
        client.connection = ''
        client.lostAt = this.clock.now()
      } else this.#presence.restore(client.connection)
    }
    this.#presence.settled()
  }

  #gone(client: Client): void {
    this.here.delete(client.key!)
    count(this.went, client.key!)
    client.key = undefined
    client.lostAt = undefined
  }

  /** All is told by now. */
  check(): void {
    this.pass(GAP_MS + LATE_MS)
    const told = [...this.here].slice(0, this.#cap)
    const members = Object.fromEntries(told.map(([key, { meta }]) => [key, meta]))
    for (const watcher of this.watchers) {
      expect(Object.fromEntries(watcher.members)).toEqual(members)
      expect(watcher.count).toBe(this.here.size)
    }
    expect(JSON.parse(this.#presence.state())).toMatchObject({ members })
    expect([...this.store.members.keys()]).toEqual([...this.here.keys()])
    expect(this.#presence.size).toBe(this.here.size)
    const gaps = this.#told.slice(1).map((at, i) => at - this.#told[i]!)
    expect(Math.min(...gaps, Infinity)).toBeGreaterThanOrEqual(GAP_MS)
    const version = this.watchers[0]!.version
    expect(this.#told.length).toBe(version)
    for (const watcher of this.watchers) expect(watcher.version).toBe(version)
  }

  end(): void {
    for (const client of this.clients) this.leave(client)
    this.check()
    this.pass(GRACE_MS)
    expect([this.clock.waiting, this.#presence.empty]).toEqual([0, true])
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

type Step = (room: Room) => void

const who = fc.nat(4)
const meta = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(who, meta).map(
      ([i, meta]): Step =>
        (room) =>
          room.connect(room.clients[i]!, meta),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(who, meta).map(
      ([i, meta]): Step =>
        (room) =>
          room.update(room.clients[i]!, meta),
    ),
  },
  {
    weight: 2,
    arbitrary: who.map(
      (i): Step =>
        (room) =>
          room.leave(room.clients[i]!),
    ),
  },
  {
    weight: 3,
    arbitrary: who.map(
      (i): Step =>
        (room) =>
          room.lose(room.clients[i]!),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(who, meta).map(
      ([i, meta]): Step =>
        (room) =>
          room.replace(room.clients[i]!, meta),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(who, fc.boolean()).map(
      ([i, abnormal]): Step =>
        (room) =>
          room.notice(room.clients[i]!, abnormal),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(0, 1, 50, 250, 1000, 14_000, 20_000).map(
      (ms): Step =>
        (room) =>
          room.pass(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.array(who, { maxLength: 3 }).map(
      (all): Step =>
        (room) =>
          room.sleep(all.map((i) => room.clients[i]!)),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((room) => room.watch()) },
  { weight: 1, arbitrary: fc.constant<Step>((room) => room.check()) },
)
const steps = fc.array(step, { maxLength: 60 })

test('whoever follows what is told knows who is there, and nothing is told twice or too often', () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const room = new Room(1000)
      for (const run of steps) run(room)
      room.check()
      const joined = new Map<string, number>()
      const left = new Map<string, number>()
      const known = new Set<string>()
      for (const diff of room.watchers[0]!.diffs) {
        for (const key of diff.left ?? []) {
          known.delete(key)
          count(left, key)
        }
        for (const key of Object.keys(diff.joined ?? {})) {
          if (!known.has(key)) count(joined, key)
          known.add(key)
        }
      }
      // Who left before it was told is in neither; nobody else has left, or come, but those who did.
      for (const [key, times] of left) expect(times).toBe(room.went.get(key))
      for (const [key, times] of joined) expect(times).toBe(room.came.get(key))
      for (const [key, times] of room.went)
        expect(left.get(key) ?? 0).toBe(joined.has(key) ? times : 0)
      room.end()
    }),
    { numRuns: 1000 },
  )
})

test('where there are more than are told, it is the oldest, and how many there are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), steps, (cap, steps) => {
      const room = new Room(cap)
      for (const run of steps) run(room)
      room.check()
      room.end()
    }),
    { numRuns: 1000 },
  )
})

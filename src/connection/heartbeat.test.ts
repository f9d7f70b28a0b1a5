import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Transport } from '../runtime/port.ts'
import { TestClock } from '../testing/clock.ts'
import { TICK_MS, Waiting, wheelOf } from './deadlines.ts'
import { type Beat, Heartbeat, beatOf } from './heartbeat.ts'

/** A clock by which chance is what is wanted. */
class Chance extends TestClock {
  readonly chance: number

  constructor(chance: number) {
    super()
    this.chance = chance
  }

  override random(): number {
    return this.chance
  }
}

/** A peer that is pinged by the wheel, and answers if it is told to. */
class Peer extends Waiting {
  readonly clock: TestClock
  heard = 0
  pings: number[] = []
  silentAt: number | undefined
  /** How long its answers take; `undefined`: it never answers. */
  answersInMs: number | undefined
  bufferedAmount = 0
  readonly #heartbeat: Heartbeat

  constructor(beat: Beat, clock: TestClock = new TestClock()) {
    super()
    this.clock = clock
    const transport = {
      timers: clock,
      ping: () => this.#pinged(),
      bufferedAmount: 0,
    } as unknown as Transport
    Object.defineProperty(transport, 'bufferedAmount', { get: () => this.bufferedAmount })
    const watched = { transport, silent: () => void (this.silentAt ??= clock.now()) }
    Object.defineProperty(watched, 'heard', { get: () => this.heard })
    this.#heartbeat = new Heartbeat(watched as never, beat)
    this.expire()
  }

  expire(): void {
    const { clock } = this
    const next = this.#heartbeat.tick(clock.now())
    if (next !== Infinity) wheelOf(clock).set(this, next)
  }

  /** The same without the wheel: the process was held up until now. */
  late(): void {
    wheelOf(this.clock).delete(this)
    this.expire()
  }

  #pinged(): void {
    this.pings.push(this.clock.now())
    if (this.answersInMs !== undefined) this.clock.after(this.answersInMs, () => this.heard++)
  }
}

const BEAT = { intervalMs: 25_000, timeoutMs: 10_000 }

describe('a peer that answers', () => {
  test('is pinged at regular intervals, and stays', () => {
    const peer = new Peer(BEAT)
    peer.answersInMs = 9_900
    peer.clock.advance(3_600_000)
    expect(peer.silentAt).toBeUndefined()
    const gaps = peer.pings.slice(1).map((at, i) => at - (peer.pings[i] as number))
    for (const gap of gaps) {
      expect(gap).toBeLessThanOrEqual(25_000)
      expect(gap).toBeGreaterThan(24_000)
    }
  })

  test('stays however short the times are', () => {
    const peer = new Peer({ intervalMs: 50, timeoutMs: 50 })
    peer.answersInMs = 40
    peer.clock.advance(60_000)
    expect([peer.silentAt, peer.pings.length > 100]).toEqual([undefined, true])
  })

  test('stays if all it does is to speak', () => {
    const peer = new Peer(BEAT)
    for (let i = 0; i < 400; i++) {
      peer.clock.advance(9_000)
      peer.heard++
    }
    expect(peer.silentAt).toBeUndefined()
  })
})

describe('a peer that falls silent', () => {
  test('is found within interval and timeout, whenever that is', () => {
    const silence = fc.record({
      intervalMs: fc.integer({ min: 500, max: 60_000 }),
      part: fc.double({ min: 0.01, max: 1, noNaN: true }),
      lastMs: fc.integer({ min: 0, max: 300_000 }),
      chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
      startMs: fc.integer({ min: 0, max: 1_000 }),
    })
    fc.assert(
      fc.property(silence, ({ intervalMs, part, lastMs, chance, startMs }) => {
        const timeoutMs = Math.max(1, Math.floor(Math.min(intervalMs * part, intervalMs - 300)))
        const clock = new Chance(chance)
        clock.advance(startMs)
        const peer = new Peer({ intervalMs, timeoutMs }, clock)
        peer.answersInMs = 0
        // A last sign of life that no ping has asked for.
        clock.advance(lastMs)
        peer.heard++
        peer.answersInMs = undefined
        const last = clock.now()
        clock.advance(intervalMs + timeoutMs)
        expect(peer.silentAt).toBeDefined()
        expect((peer.silentAt as number) - (peer.pings.at(-1) as number)).toBeGreaterThanOrEqual(
          timeoutMs,
        )
        expect((peer.silentAt as number) - last).toBeGreaterThan(0)
      }),
    )
  })

  test('from the first moment on is found, too, whatever chance says', () => {
    for (const chance of [0, 0.5, 0.999]) {
      const peer = new Peer(BEAT, new Chance(chance))
      peer.clock.advance(35_000)
      expect(peer.silentAt).toBeDefined()
      expect(peer.pings).toHaveLength(1)
    }
  })

  test('is found within two ticks more where the timeout is the interval', () => {
    const peer = new Peer({ intervalMs: 1000, timeoutMs: 1000 })
    peer.answersInMs = 0
    peer.clock.advance(10_050)
    peer.answersInMs = undefined
    peer.clock.advance(2000 + 2 * TICK_MS)
    expect(peer.silentAt).toBeDefined()
  })

  test('is told of once', () => {
    const peer = new Peer(BEAT)
    peer.clock.advance(35_000)
    const { silentAt, pings } = peer
    peer.clock.advance(3_600_000)
    expect([peer.silentAt, peer.pings]).toEqual([silentAt, pings])
  })
})

test('nobody is pinged before all else: the welcome comes first', () => {
  for (const intervalMs of [1, 50, 100, 200]) {
    expect(new Peer({ intervalMs, timeoutMs: 1 }).pings).toEqual([])
  }
})

test('those who come together are not pinged together', () => {
  const pings = [0, 0.25, 0.5, 0.75].map((chance) => {
    const peer = new Peer(BEAT, new Chance(chance))
    peer.clock.advance(25_000)
    return peer.pings[0]
  })
  expect(new Set(pings).size).toBe(4)
  for (const at of pings) {
    expect(at).toBeGreaterThan(11_000)
    expect(at).toBeLessThanOrEqual(25_000)
  }
})

describe('a reader whose link is slow', () => {
  test('stays as long as its queue gets shorter: the ping is behind it', () => {
    const peer = new Peer(BEAT)
    peer.bufferedAmount = 1_000_000
    const end = 100_000
    for (let ms = 0; ms < end; ms += 1000) {
      peer.clock.advance(1000)
      peer.bufferedAmount -= 10_000
    }
    expect(peer.silentAt).toBeUndefined()
  })

  test('does not if its queue stands still', () => {
    const peer = new Peer(BEAT)
    peer.bufferedAmount = 1_000_000
    peer.clock.advance(35_000)
    expect(peer.silentAt).toBeDefined()
  })
})

describe('a process that was held up', () => {
  test('reads what has come in meanwhile, before it blames anybody', () => {
    const peer = new Peer(BEAT)
    while (peer.pings.length === 0) peer.clock.advance(100)
    wheelOf(peer.clock).delete(peer)
    peer.clock.advance(60_000)
    peer.late()
    expect(peer.silentAt).toBeUndefined()
    peer.heard++
    peer.clock.advance(200)
    expect(peer.silentAt).toBeUndefined()
  })

  test('does so once', () => {
    const peer = new Peer(BEAT)
    while (peer.pings.length === 0) peer.clock.advance(100)
    for (let i = 0; i < 2; i++) {
      expect(peer.silentAt).toBeUndefined()
      wheelOf(peer.clock).delete(peer)
      peer.clock.advance(60_000)
      peer.late()
    }
    expect(peer.silentAt).toBeDefined()
  })
})

describe('the beat of a plan', () => {
  test('is 25 and 10 seconds', () => {
    expect([beatOf(undefined), beatOf({})]).toEqual([BEAT, BEAT])
  })

  test('is what the policy has set, and the default for the rest', () => {
    expect(beatOf({ heartbeat: { intervalMs: 60_000 } })).toEqual({
      intervalMs: 60_000,
      timeoutMs: 10_000,
    })
    expect(beatOf({ heartbeat: { timeoutMs: 1 } })).toEqual({ intervalMs: 25_000, timeoutMs: 1 })
  })

  test('waits no longer than it beats', () => {
    expect(beatOf({ heartbeat: { intervalMs: 5_000 } })).toEqual({
      intervalMs: 5_000,
      timeoutMs: 5_000,
    })
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import { SocketError } from '../errors.ts'
import type { Follows, Transport } from '../runtime/port.ts'
import { TestClock } from '../testing/clock.ts'
import { type Follower, follow } from './followers.ts'
import { Following } from './following.ts'
import type { Lifecycle } from './lifecycle.ts'

let clock: TestClock
let c: { closed: boolean; transport: Transport; snapshot: { follows?: Follows } }

beforeEach(() => {
  clock = new TestClock()
  c = { closed: false, transport: { timers: clock } as unknown as Transport, snapshot: {} }
})

/** Makes a policy's follower known, and asks for it. */
function plan(follows: Record<string, Follower>): Following {
  for (const [name, follower] of Object.entries(follows)) follow(name, () => follower)
  const settings = Object.fromEntries(Object.keys(follows).map((name) => [name, {}]))
  c.snapshot.follows = settings
  return new Following(c as unknown as Lifecycle)
}

describe('time', () => {
  test('each follower is asked when the earliest of them wanted it', () => {
    const asked: [string, number][] = []
    const every = (name: string, ms: number): Follower => ({
      tick(now) {
        asked.push([name, now])
        return Math.floor(now / ms + 1) * ms
      },
    })
    const following = plan({ fast: every('fast', 400), slow: every('slow', 1000) })
    following.tick()
    clock.advance(1000)
    expect(asked.filter(([name]) => name === 'fast').map(([, now]) => now)).toEqual([
      0, 400, 800, 1000,
    ])
    expect(asked.filter(([name]) => name === 'slow').map(([, now]) => now)).toEqual([
      0, 400, 800, 1000,
    ])
  })

  test('followers without a time need no timer', () => {
    const following = plan({ patient: { tick: () => Infinity }, timeless: {} })
    following.tick()
    expect(following.waits).toBe(false)
  })

  test('one that closes the connection is the last to be asked, and nothing waits any more', () => {
    const asked: string[] = []
    const following = plan({
      closer: {
        tick(now) {
          asked.push('closer')
          if (now >= 500) {
            c.closed = true
            following.stop()
          }
          return 500
        },
      },
      other: { tick: (now) => (asked.push('other'), now + 500) },
    })
    following.tick()
    clock.advance(10_000)
    expect(asked).toEqual(['closer', 'other', 'closer'])
    expect(following.waits).toBe(false)
  })

  test('what was stopped is never asked again', () => {
    let asked = 0
    const following = plan({ one: { tick: (now) => (asked++, now + 100) } })
    following.tick()
    following.stop()
    clock.advance(10_000)
    expect([asked, following.waits]).toEqual([1, false])
  })

  test('a tick ahead of time moves the next one', () => {
    let at = 1000
    const asked: number[] = []
    const following = plan({ one: { tick: (now) => (asked.push(now), now < at ? at : Infinity) } })
    following.tick()
    clock.advance(500)
    at = 3000
    following.tick()
    clock.advance(10_000)
    expect(asked).toEqual([0, 500, 3000])
  })

  test('where the runtime wakes what sleeps, it is asked to, and no timer runs', () => {
    const wakes: number[] = []
    Object.assign(c.transport, { wakeAt: (at: number) => wakes.push(at) })
    const following = plan({ one: { tick: (now) => now + 5000 }, two: { tick: () => Infinity } })
    following.tick()
    expect([wakes, following.waits]).toEqual([[5000], false])
  })

  test('a thousand connections wait on one timer, and leave nothing on the wheel', () => {
    let timers = 0
    const after = clock.after.bind(clock)
    clock.after = (ms, task) => (timers++, after(ms, task))
    const all = Array.from({ length: 1000 }, () => plan({ one: { tick: (now) => now + 30_000 } }))
    for (const each of all) each.tick()
    expect(timers).toBe(1)
    for (const each of all) each.stop()
    clock.advance(1000)
    timers = 0
    clock.advance(120_000)
    expect(timers).toBe(0)
  })
})

describe('a heartbeat', () => {
  test('runs where the runtime can ping, whatever the plan is', () => {
    let pings = 0
    Object.assign(c.transport, { ping: () => pings++ })
    Object.assign(c, { heard: 0, silent: () => (c.closed = true) })
    plan({}).tick()
    clock.advance(60_000)
    expect([pings, c.closed]).toEqual([1, true])
  })
})

describe('messages', () => {
  test('the first verdict counts', () => {
    const refusal = new SocketError('rate_limited', 'too fast')
    const asked: unknown[] = []
    const following = plan({
      blind: {},
      passes: { take: (data) => void asked.push(data) },
      refuses: { take: () => refusal },
      takes: { take: () => true },
    })
    expect(following.take('x')).toBe(refusal)
    expect(asked).toEqual(['x'])
  })

  test('frames of an array are looked at by those who want to', () => {
    const refusal = new SocketError('rate_limited', 'too fast')
    const first = plan({ only: { take: () => undefined } })
    expect([first.take('x'), first.takeFrame()]).toEqual([undefined, undefined])
    const second = plan({ frames: { take: () => undefined, takeFrame: () => refusal } })
    expect([second.take('x'), second.takeFrame()]).toEqual([undefined, refusal])
  })
})

test('what followers say of themselves is put together', () => {
  const following = plan({
    one: { holds: false, welcome: { a: 1 } },
    two: { holds: true, welcome: { b: 2 } },
    three: { welcome: undefined },
  })
  expect([following.holds, following.welcome]).toEqual([true, { a: 1, b: 2 }])
  expect([plan({}).holds, plan({}).welcome]).toEqual([false, {}])
})

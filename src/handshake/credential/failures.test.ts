import { expect, test } from 'vitest'
import { turn } from '../../../test/support/peer.ts'
import { TestClock } from '../../testing/clock.ts'
import { Failures, type Trial } from './failures.ts'

/** Failures, and a clock that can be set. */
function counting(max: number) {
  const failures = new Failures(max)
  const clock = new TestClock()
  let offset = 0
  const timers = {
    ...clock,
    now: () => clock.now() + offset,
    random: () => 0,
    after: (ms: number, task: () => void) => clock.after(ms, task),
    soon: (task: () => void) => clock.soon(task),
  }
  return {
    clock,
    set: (now: number) => void (offset = now - clock.now()),
    begin: (who = 'a') => failures.begin(who, timers),
    /** Whether it was verified at all. */
    async fail(who = 'a'): Promise<boolean> {
      const trial = await failures.begin(who, timers)
      trial?.end(true)
      return trial !== undefined
    },
    tooMany: (who = 'a') => failures.tooMany(who, timers.now()),
  }
}

/** What of several has its turn by now. */
async function begun(all: readonly Promise<Trial | undefined>[]): Promise<(Trial | undefined)[]> {
  const yet: (Trial | undefined)[] = []
  for (const each of all) void each.then((trial) => yet.push(trial))
  await turn()
  return yet
}

test('so many in a minute are too many', async () => {
  const { set, fail, tooMany } = counting(3)
  for (const now of [0, 10_000, 20_000]) {
    set(now)
    expect(tooMany()).toBe(false)
    expect(await fail()).toBe(true)
  }
  expect([tooMany(), await fail(), tooMany('b')]).toEqual([true, false, false])
  set(59_999)
  expect(tooMany()).toBe(true)
  set(60_000)
  expect([tooMany(), await fail()]).toEqual([false, true])
  set(69_999)
  expect(tooMany()).toBe(true)
  set(70_000)
  expect(tooMany()).toBe(false)
})

test('a clock that is set back keeps nobody out', async () => {
  const { set, fail, tooMany } = counting(1)
  set(1_000_000)
  await fail()
  expect(tooMany()).toBe(true)
  set(5)
  expect(tooMany()).toBe(false)
})

test('names of the prototype are names', async () => {
  const { fail, tooMany } = counting(1)
  for (const who of ['__proto__', 'constructor', '']) {
    expect(tooMany(who)).toBe(false)
    await fail(who)
    expect(tooMany(who)).toBe(true)
  }
})

test('10,000 are remembered; the one that failed longest ago is forgotten', async () => {
  const { set, fail, tooMany } = counting(2)
  for (let i = 0; i < 10_000; i++) for (let n = 0; n < 2; n++) await fail(`${i}`)
  set(60_000)
  for (const who of ['0', '0', 'last', 'last']) await fail(who)
  set(59_999)
  expect(['1', '2'].map((who) => tooMany(who))).toEqual([false, true])
  set(60_000)
  expect(['0', 'last'].map((who) => tooMany(who))).toEqual([true, true])
})

test('nobody counts where it is not known who it is', async () => {
  const { begin } = counting(1)
  const failures = new Failures(1)
  const clock = new TestClock()
  for (let i = 0; i < 3; i++) (await failures.begin(undefined, clock))?.end(true)
  expect(await failures.begin(undefined, clock)).toBeDefined()
  expect(await begin()).toBeDefined()
})

test('no more are at work than may fail: the others wait, and go on as those succeed', async () => {
  const { begin } = counting(2)
  const first = await begin()
  const all = [begin(), begin(), begin()]
  expect(await begun(all)).toHaveLength(1)
  first?.end(false)
  first?.end(false)
  expect(await begun(all)).toHaveLength(2)
  ;(await all[0])?.end(false)
  expect(await begun(all)).toHaveLength(3)
  expect(await begun([begin('b')])).toHaveLength(1)
})

test('who fails makes room for nobody', async () => {
  const { begin } = counting(2)
  const [first, second] = [await begin(), await begin()]
  const all = [begin(), begin()]
  first?.end(true)
  expect(await begun(all)).toEqual([])
  second?.end(false)
  expect(await begun(all)).toHaveLength(1)
  ;(await all[0])?.end(true)
  expect(await all[1]).toBeUndefined()
})

test('of a thousand at once as many are verified as may fail', async () => {
  const { begin } = counting(5)
  let verified = 0
  const guess = async (): Promise<void> => {
    const trial = await begin()
    if (!trial) return
    verified++
    await turn()
    trial.end(true)
  }
  await Promise.all(Array.from({ length: 1000 }, guess))
  expect(verified).toBe(5)
})

test('of a thousand honest ones at once all are', async () => {
  const { begin } = counting(5)
  let verified = 0
  const bring = async (): Promise<void> => {
    const trial = await begin()
    if (trial) verified++
    await turn()
    trial?.end(false)
  }
  await Promise.all(Array.from({ length: 1000 }, bring))
  expect(verified).toBe(1000)
})

test('none waits for longer than a handshake may take', async () => {
  const { begin, clock } = counting(1)
  await begin()
  const all = [begin()]
  clock.advance(4999)
  expect(await begun(all)).toEqual([])
  clock.advance(1)
  expect(await begun(all)).toEqual([undefined])
})

test('one that never ends holds up others for half a minute', async () => {
  const { begin, clock } = counting(1)
  const lost = await begin()
  clock.advance(29_000)
  const early = begin()
  expect(await begun([early])).toEqual([])
  clock.advance(5000)
  expect(await early).toBeUndefined()
  const next = await begin()
  expect(next).toBeDefined()
  // It has failed all the same.
  lost?.end(true)
  next?.end(false)
  expect(await begin()).toBeUndefined()
})

import { describe, expect, test } from 'vitest'
import { StoredMembers, TurnClock, Watcher } from '../../../test/support/presence.ts'
import type { Member, Members } from '../../broker/port.ts'
import { Presence } from '../presence.ts'

const SECRETS = { a: 'a-secret-of-22-letters', b: 'b-secret-of-22-letters' }

/** Processes that share a store, and hear of each other at once unless `deaf`. */
function setUp() {
  const clock = new TurnClock()
  const store = new StoredMembers(() => clock.now())
  const processes: { presence: Presence; deaf: boolean }[] = []
  const errors: unknown[] = []
  let reading: (() => Promise<Members>) | undefined

  const start = async (loads = true) => {
    const frames: string[] = []
    const watchers: Watcher[] = []
    const others = (tell: (presence: Presence) => void): void => {
      for (const each of processes) if (each !== process && !each.deaf) tell(each.presence)
    }
    const broker = store.broker(false, {
      entered: (member) => others((presence) => presence.entered(member)),
      exited: (key) => others((presence) => presence.exited(key)),
    })
    const presence = new Presence('room', {
      timers: clock,
      broker: { ...broker, members: (channel) => reading?.() ?? broker.members(channel) },
      tell: (frame) => {
        frames.push(frame)
        for (const each of watchers) each.hear(frame)
      },
      onError: (error) => errors.push(error),
      onEmpty: () => process.emptied++,
    })
    const process = {
      presence,
      deaf: false,
      emptied: 0,
      watch: () => {
        const watcher = new Watcher(presence.state())
        watchers.push(watcher)
        return watcher
      },
      told: () => frames.splice(0).map((frame) => JSON.parse(frame) as object),
    }
    processes.push(process)
    if (loads) presence.load(await broker.members('room'))
    return process
  }
  /** Moves on in small steps, so that promises are heard between them. */
  const pass = async (ms: number) => {
    for (const end = clock.now() + ms; clock.now() < end;) {
      clock.advance(Math.min(500, end - clock.now()))
      await new Promise(setImmediate)
    }
  }
  const read = (result: (() => Promise<Members>) | undefined): void => void (reading = result)
  return { clock, store, errors, start, pass, read }
}

/** Somebody in one process, whom another knows. */
async function two() {
  const room = setUp()
  const one = await room.start()
  one.presence.enter('a', '1', SECRETS.a)
  const other = await room.start()
  await room.pass(1000)
  one.told()
  return { ...room, one, other }
}

/** Readings are answered when that is called, by what was true when they began. */
function held(
  store: StoredMembers,
  read: (result: () => Promise<Members>) => void,
): (() => void)[] {
  const answers: (() => void)[] = []
  read(() => {
    const members = store.read()
    return new Promise((resolve) => answers.push(() => resolve(members)))
  })
  return answers
}

const member = (key: string, rest: Partial<Member> = {}): Member => ({
  key,
  meta: '1',
  connection: key,
  ...rest,
})

describe('members of other processes', () => {
  test('are known to who comes, and are told', async () => {
    const { pass, one, other } = await two()
    expect(other.presence.state()).toBe('{"version":0,"members":{"a":1}}')
    one.presence.update('a', '2')
    other.presence.enter('b', '1', SECRETS.b)
    await pass(1000)
    expect(one.told()).toMatchObject([{ joined: { a: 2, b: 1 } }])
    expect(other.told()).toMatchObject([{ joined: { a: 2, b: 1 } }])
    one.presence.leave('a', false)
    await pass(1000)
    expect(other.told()).toMatchObject([{ left: ['a'] }])
    expect(other.presence.list()).toEqual(['1'])
  })

  test('are awaited everywhere', async () => {
    const { pass, one, other } = await two()
    one.presence.leave('a', true)
    await pass(14_500)
    expect([one.told(), other.told()]).toEqual([[], []])
    await pass(1000)
    expect([one.told(), other.told()]).toMatchObject([[{ left: ['a'] }], [{ left: ['a'] }]])
  })

  test('are awaited though their process has ended', async () => {
    const { store, pass, one, other } = await two()
    one.presence.leave('a', true)
    one.presence.stop()
    await pass(15_500)
    expect(other.told()).toMatchObject([{ left: ['a'] }])
    await pass(60_000)
    expect([store.members.size, other.told()]).toEqual([1, []])
  })

  test('are ended by it, awaited or not', async () => {
    const { pass, one } = await two()
    one.presence.entered(member('c', { untilMs: 10_000 }))
    await pass(1000)
    one.presence.exited('c')
    await pass(20_000)
    expect(one.told()).toMatchObject([{ joined: { c: 1 } }, { left: ['c'] }])
  })

  test('may come back to another process: the first has nothing to say any more', async () => {
    const { store, pass, one, other } = await two()
    one.presence.leave('a', true)
    await pass(10_000)
    expect([one.presence.empty, one.emptied]).toEqual([false, 0])
    expect(other.presence.enter('a2', '1', SECRETS.b, SECRETS.a)).toBe('a')
    expect(one.presence.empty).toBe(true)
    expect(one.emptied).toBeGreaterThan(0)
    await pass(60_000)
    expect([one.told(), other.told()]).toEqual([[], []])
    expect(store.members.get('a')?.connection).toBe('a2')
    expect(one.presence.enter('a3', '1', SECRETS.a, SECRETS.b)).toBe('a')
    other.presence.leave('a2', false)
    await pass(60_000)
    expect([one.told(), other.told(), one.presence.size]).toEqual([[], [], 1])
    one.presence.leave('a3', false)
    await pass(1000)
    expect([one.told(), other.told()]).toMatchObject([[{ left: ['a'] }], [{ left: ['a'] }]])
  })

  test('that an other process ends by mistake are announced again', async () => {
    const { store, pass, one, other } = await two()
    one.presence.leave('a', true)
    one.deaf = true
    await pass(14_800)
    other.presence.enter('a2', '1', undefined, SECRETS.a)
    await pass(1000)
    expect(store.members.get('a')?.connection).toBe('a2')
    expect(other.told()).toEqual([])
  })

  test('are not those whose connection is known to be over', async () => {
    const { pass, one, other } = await two()
    other.presence.enter('a2', '1', undefined, SECRETS.a)
    other.presence.entered(member('a', { meta: '7' }))
    one.presence.enter('b', '1')
    one.presence.leave('b', false)
    one.presence.entered(member('b'))
    await pass(1000)
    expect([one.told(), other.told()]).toEqual([[], []])
    expect(other.presence.keyOf('a2')).toBe('a')
  })

  test('are this process’s own only if it says so itself', async () => {
    const { pass, one } = await two()
    one.presence.entered(member('a', { meta: '7' }))
    await pass(1000)
    expect([one.told(), one.presence.list()]).toEqual([[], ['1']])
  })

  test('that ended long ago are nobody’s news', async () => {
    const { pass, one } = await two()
    one.presence.entered(member('c', { untilMs: 0 }))
    await pass(1000)
    expect(one.told()).toEqual([])
  })
})

describe('what gets lost', () => {
  test('is announced again every 25 s', async () => {
    const { store, pass } = await two()
    store.calls.length = 0
    await pass(23_500)
    expect(store.calls).toEqual([])
    await pass(27_000)
    expect(store.calls).toEqual(['enter a', 'enter a'])
  })

  test('though the broker fails', async () => {
    const { store, errors, pass, one } = await two()
    store.failures.push(() => Promise.reject(new Error('down')))
    one.presence.enter('b', '1')
    await pass(1000)
    expect([errors.length, store.members.has('b')]).toEqual([1, false])
    await pass(25_000)
    expect(store.members.has('b')).toBe(true)
  })

  test('is the end of somebody: it is said again, unless that one has come back', async () => {
    const { store, pass, one } = await two()
    one.presence.enter('b', '1')
    for (const key of 'ab') {
      store.failures.push(() => Promise.reject(new Error('down')))
      one.presence.leave(key, false)
    }
    await pass(1000)
    one.presence.enter('b', '1')
    store.calls.length = 0
    await pass(30_000)
    expect(store.calls).toEqual(['exit a', 'enter b'])
    expect([...store.members.keys()]).toEqual(['b'])
  })

  test('is said once if the broker has heard it', async () => {
    const { store, pass, one } = await two()
    store.calls.length = 0
    one.presence.leave('a', false)
    await pass(60_000)
    expect(store.calls).toEqual(['exit a'])
  })

  test('is not said for ever', async () => {
    const { store, pass, one } = await two()
    const down = (): Promise<never> => Promise.reject(new Error('down'))
    store.failures.push(...Array.from({ length: 100 }, () => down))
    store.calls.length = 0
    one.presence.leave('a', false)
    await pass(300_000)
    expect(store.calls).toEqual(['exit a', 'exit a', 'exit a'])
  })

  test('is left to its time when nobody is there any more to say it again', async () => {
    const { clock, store, pass, one, other } = await two()
    let fail = (): void => {}
    store.failures.push(() => new Promise((_, reject) => (fail = reject)))
    one.presence.leave('a', false)
    for (const { presence } of [one, other]) presence.stop()
    fail()
    await pass(1000)
    expect([store.members.has('a'), clock.waiting]).toEqual([true, 0])
  })

  test('is found by reading every 40 s', async () => {
    const { pass, one, other } = await two()
    other.deaf = true
    one.presence.enter('b', '1')
    one.presence.leave('a', true)
    one.presence.enter('a2', '2', undefined, SECRETS.a)
    await pass(38_500)
    expect(other.told()).toEqual([])
    await pass(1500)
    expect(other.told()).toMatchObject([{ joined: { a: 2, b: 1 } }])
    one.presence.leave('b', false)
    await pass(60_000)
    expect(other.told()).toMatchObject([{ left: ['b'] }])
  })

  test('by the store itself is told to nobody, if it comes again', async () => {
    const { store, start, pass } = setUp()
    const other = await start()
    await pass(2000)
    const one = await start()
    one.presence.enter('a', '1')
    await pass(37_000)
    other.told()
    store.members.clear()
    await pass(1500)
    expect(store.members.size).toBe(0)
    await pass(2000)
    expect(store.members.size).toBe(1)
    await pass(60_000)
    expect(other.told()).toEqual([])
  })

  test('is no older than what was heard while it was read', async () => {
    const { store, pass, one, other, read } = await two()
    one.presence.enter('b', '1')
    await pass(35_000)
    one.told()
    other.told()
    const answers = held(store, read)
    await pass(5000)
    one.presence.enter('c', '1')
    one.presence.leave('b', false)
    await pass(1000)
    for (const answer of answers) answer()
    await pass(20_000)
    expect(other.told()).toMatchObject([{ joined: { c: 1 }, left: ['b'] }])
    expect(one.told()).toMatchObject([{ joined: { c: 1 }, left: ['b'] }])
  })

  test('is not found by a reading that comes after the next', async () => {
    const { store, pass, other, read } = await two()
    const answers = held(store, read)
    await pass(39_000)
    store.members.set('b', member('b'))
    await pass(40_000)
    expect(answers).toHaveLength(4)
    for (const answer of answers.toReversed()) answer()
    await pass(20_000)
    expect(other.told()).toMatchObject([{ joined: { b: 1 } }])
  })

  test('nor by one that comes when nobody is there', async () => {
    const { store, clock, pass, one, other, read } = await two()
    const answers = held(store, read)
    await pass(38_500)
    store.members.clear()
    await pass(1000)
    expect(answers).toHaveLength(2)
    for (const { presence } of [one, other]) presence.stop()
    for (const answer of answers) answer()
    await pass(1000)
    expect([store.members.size, clock.waiting]).toEqual([0, 0])
  })

  test('is no reason to go on when nobody is there', async () => {
    const { clock, pass, one, other, errors, read } = await two()
    read(() => Promise.reject(new Error('down')))
    await pass(40_000)
    expect(errors).toHaveLength(2)
    one.presence.leave('a', false)
    for (const { presence } of [one, other]) presence.stop()
    await pass(1000)
    expect(clock.waiting).toBe(0)
  })
})

test('what is heard before the first reading is newer', async () => {
  const { start, pass } = setUp()
  const { presence, told, watch } = await start(false)
  presence.entered(member('a', { meta: '2' }))
  presence.entered(member('b'))
  presence.exited('b')
  const watcher = watch()
  presence.load({ version: 7, members: [member('a'), member('b'), member('c')] })
  await pass(1000)
  expect(told()).toMatchObject([{ version: 1, joined: { a: 2, c: 1 } }])
  expect([...watcher.members.keys()]).toEqual(['a', 'c'])
})

describe('what is heard before it is known who is here', () => {
  test('is no news to who comes first', async () => {
    const { store, one, start, pass } = await two()
    const late = await start(false)
    const before = store.read()
    one.presence.enter('a', '2', SECRETS.a)
    late.presence.load(before)
    const watcher = late.watch()
    await pass(1000)
    expect(late.told()).toMatchObject([{ joined: { a: 2 } }])
    expect([...watcher.members]).toEqual([['a', 2]])
  })

  test('says nothing new of those who are known by then', async () => {
    const { store, one, start, pass } = await two()
    const late = await start(false)
    one.presence.enter('a', '2', SECRETS.a)
    await pass(1000)
    one.presence.enter('b', '3', SECRETS.b)
    late.presence.load(store.read())
    await pass(1000)
    expect(late.told()).toEqual([])
    expect([...late.watch().members]).toEqual([
      ['a', 2],
      ['b', 3],
    ])
  })

  test('is the end of somebody, though the store still had it', async () => {
    const { store, one, start, pass } = await two()
    const late = await start(false)
    const before = store.read()
    one.presence.leave('a', false)
    late.presence.load(before)
    await pass(1000)
    expect([late.told(), late.presence.size]).toEqual([[], 0])
  })
})

test('who has not heard that a client came back elsewhere does not speak for it for long', async () => {
  const { start, pass, store } = setUp()
  const [here, there] = [await start(), await start()]
  here.presence.enter('a', '"ann"', SECRETS.a)
  await pass(1000)
  here.deaf = true
  there.presence.enter('a2', '"ann"', SECRETS.b, SECRETS.a)
  await pass(1000)
  here.deaf = false
  // It says so again, and then takes the client for gone.
  await pass(70_000)
  here.presence.leave('a', false)
  await pass(1000)
  expect(there.presence.list()).toEqual(['"ann"'])
  expect(here.presence.list()).toEqual(['"ann"'])
  expect(store.members.get('a')).toMatchObject({ connection: 'a2', turn: 1 })
})

describe('who comes late on a connection that its client has given up for one elsewhere', () => {
  const OLDER = 1000
  const NEWER = 2000

  test('is not there', async () => {
    const { one, other, pass, store } = await two()
    one.presence.leave('a', true)
    await pass(3000)
    other.presence.enter('a3', '1', 'c', SECRETS.a, NEWER)
    expect(one.presence.enter('a2', '1', SECRETS.b, SECRETS.a, OLDER)).toBe('a')
    expect([one, other].map(({ presence }) => presence.keyOf('a2'))).toEqual([undefined, undefined])
    one.presence.leave('a2', true)
    await pass(20_000)
    expect([one.told(), other.told(), store.members.get('a')?.connection]).toEqual([[], [], 'a3'])
    expect(one.presence.enter('a4', '1', 'd', 'c', 3000)).toBe('a')
  })

  test('gives up what it had before it heard of that', async () => {
    const { one, other, pass, store } = await two()
    one.presence.leave('a', true)
    await pass(3000)
    one.deaf = true
    other.presence.enter('a2', '1', 'c', SECRETS.a, NEWER)
    one.deaf = false
    one.presence.enter('a3', '1', SECRETS.b, SECRETS.a, OLDER)
    await pass(1000)
    expect(store.members.get('a')?.connection).toBe('a2')
    one.presence.leave('a3', true)
    await pass(20_000)
    expect([one.told(), other.told()]).toEqual([[], []])
  })

  test('is not told from a newer one where clocks differ: the newer one is there', async () => {
    const { one, other, pass } = await two()
    other.presence.enter('a2', '1', SECRETS.b, SECRETS.a, 600_000)
    await pass(1000)
    expect(one.presence.enter('a3', '1', 'c', SECRETS.b, NEWER)).toBe('a')
    expect(one.presence.keyOf('a3')).toBe('a')
  })

  test('is known by its secret to a process that knew nobody before', async () => {
    const { one, start, pass } = await two()
    one.presence.enter('a3', '1', 'c', SECRETS.a, NEWER)
    const late = await start()
    expect(late.presence.enter('a2', '1', SECRETS.b, SECRETS.a, OLDER)).toBe('a')
    await pass(1000)
    expect([one.told(), late.told()]).toEqual([[], []])
  })
})

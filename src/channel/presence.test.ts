import { describe, expect, test } from 'vitest'
import { NOBODY_ELSE, StoredMembers, TurnClock, Watcher } from '../../test/support/presence.ts'
import { Presence } from './presence.ts'
import type { PresenceOptions } from './presence/crowd.ts'

const SECRET = 'a-secret-of-22-letters'
const OTHER = 'other-one-of-22-letter'

function setUp(options: PresenceOptions = {}, wakeAt?: (at: number) => void) {
  const clock = new TurnClock()
  const store = new StoredMembers(() => clock.now())
  const frames: string[] = []
  const errors: unknown[] = []
  const emptied: number[] = []
  const watchers: Watcher[] = []
  const host = {
    timers: clock,
    broker: store.broker(true, NOBODY_ELSE),
    tell: (frame: string) => {
      frames.push(frame)
      for (const each of watchers) each.hear(frame)
    },
    onError: (error: unknown) => errors.push(error),
    onEmpty: () => void emptied.push(clock.now()),
    ...(wakeAt && { wakeAt }),
  }
  const presence = new Presence('room/42', host, options)
  const watch = (connection?: string): Watcher => {
    const watcher = new Watcher(presence.state(connection))
    watchers.push(watcher)
    return watcher
  }
  /** Ends the turn; the result is what was told since the last time. */
  const told = (ms = 0): string[] => {
    clock.advance(ms)
    return frames.splice(0).map((frame) => {
      const { type, channel, version, ...rest } = JSON.parse(frame)
      expect([type, channel, typeof version]).toEqual(['$presence', 'room/42', 'number'])
      return JSON.stringify(rest).replaceAll('"', '')
    })
  }
  return { clock, store, presence, errors, emptied, watch, told, host }
}

/** All of them, some time after they were told. */
function withMembers(keys: string, options: PresenceOptions = {}, wakeAt?: (at: number) => void) {
  const room = setUp(options, wakeAt)
  for (const key of keys) room.presence.enter(key, `"${key}"`, SECRET + key)
  room.told(1000)
  room.store.calls.length = 0
  return room
}

test('who comes late on a connection that its client has given up is not there', () => {
  const { presence, watch, told } = withMembers('a')
  presence.leave('a', true)
  expect(presence.enter('c', '"a"', OTHER, SECRET + 'a', 20)).toBe('a')
  expect(presence.enter('b', '"a"', 'b-secret-of-22-letters', SECRET + 'a', 10)).toBe('a')
  expect([presence.keyOf('b'), presence.keyOf('c')]).toEqual([undefined, 'a'])
  presence.leave('b', true)
  expect(told(20_000)).toEqual([])
  expect(watch().members.size).toBe(1)
  expect(presence.enter('d', '"a"', 'd-secret-of-22-letters', OTHER, 30)).toBe('a')
})

describe('who comes', () => {
  test('gets the state as it was, and then hears of itself as all others do', () => {
    const { presence, watch, told } = withMembers('a')
    expect(presence.enter('b', '{"name":"bo"}')).toBe('b')
    expect(presence.state('b')).toBe('{"version":1,"members":{"a":"a"},"self":"b"}')
    const watcher = watch()
    expect(told()).toEqual(['{joined:{b:{name:bo}}}'])
    expect([...watcher.members.keys()]).toEqual(['a', 'b'])
    expect(presence.state()).toBe('{"version":2,"members":{"a":"a","b":{"name":"bo"}}}')
  })

  test('is told to others at the end of the turn, with all who come in the same', () => {
    const { presence, told } = setUp()
    for (const key of 'abc') presence.enter(key, '1')
    expect(told()).toEqual(['{joined:{a:1,b:1,c:1}}'])
  })

  test('is told later if something was told just before, with all who come until then', () => {
    const { presence, told } = setUp()
    presence.enter('a', '1')
    expect(told(100)).toHaveLength(1)
    presence.enter('b', '1')
    expect(told(100)).toEqual([])
    presence.enter('c', '1')
    expect(told(49)).toEqual([])
    expect(told(100)).toEqual(['{joined:{b:1,c:1}}'])
  })

  test('is known to the server at once', () => {
    const { presence } = setUp()
    presence.enter('a', '{"name":"ann"}')
    expect([presence.list(), presence.size, presence.empty]).toEqual([['{"name":"ann"}'], 1, false])
    expect([presence.keyOf('a'), presence.keyOf('b')]).toEqual(['a', undefined])
    presence.leave('a', false)
    expect([presence.list(), presence.size, presence.empty]).toEqual([[], 0, true])
  })

  test('and leaves before anything was told was never there', () => {
    const { presence, store, told } = withMembers('a')
    presence.enter('b', '1')
    presence.leave('b', false)
    expect(told(1000)).toEqual([])
    expect([presence.state(), store.version]).toEqual(['{"version":1,"members":{"a":"a"}}', 1])
  })
})

describe('what is said of somebody', () => {
  test('can be changed, and is told as if it had joined', () => {
    const { presence, watch, told } = withMembers('ab')
    const watcher = watch()
    presence.update('a', '2')
    expect(told(1000)).toEqual(['{joined:{a:2}}'])
    presence.enter('a', '3')
    expect(told(1000)).toEqual(['{joined:{a:3}}'])
    expect([...watcher.members]).toEqual(Object.entries({ a: 3, b: 'b' }))
    presence.update('nobody', '4')
    expect(told(1000)).toEqual([])
  })

  test('is nothing to tell if it is as before by then', () => {
    const { presence, told } = withMembers('a')
    presence.update('a', '2')
    presence.update('a', '"a"')
    expect(told(1000)).toEqual([])
    presence.leave('a', false)
    presence.enter('a', '"a"')
    expect(told(1000)).toEqual([])
    presence.leave('a', false)
    presence.enter('a', '3')
    expect(told(1000)).toEqual(['{joined:{a:3}}'])
    presence.update('a', '4')
    presence.leave('a', false)
    expect(told(1000)).toEqual(['{left:[a]}'])
  })

  test('in the state is what was told last', () => {
    const { presence, told } = withMembers('abc')
    const state = presence.state()
    presence.update('a', '2')
    presence.leave('b', false)
    presence.enter('d', '1')
    expect(presence.state()).toBe(state)
    expect(told(1000)).toEqual(['{joined:{a:2,d:1},left:[b]}'])
    expect(presence.state()).toBe('{"version":2,"members":{"a":2,"c":"c","d":1}}')
  })
})

describe('who leaves', () => {
  test('is told at once, and once', () => {
    const { presence, store, told } = withMembers('ab')
    presence.leave('a', false)
    presence.leave('a', false)
    presence.leave('a', true)
    expect(told()).toEqual(['{left:[a]}'])
    expect(told(60_000)).toEqual([])
    expect(store.calls).toEqual(['exit a'])
  })

  test('against its will is told when it was awaited for 15 s', () => {
    const { presence, store, told } = withMembers('ab')
    presence.leave('a', true)
    presence.leave('a', true)
    expect(told(14_999)).toEqual([])
    expect([store.members.get('a')?.untilMs, presence.empty]).toEqual([16_000, false])
    expect(told(101)).toEqual(['{left:[a]}'])
    expect(store.calls).toEqual(['enter a', 'exit a'])
  })

  test('is told at once in any case where nobody is awaited', () => {
    const { presence, told } = withMembers('ab', { graceMs: 0 })
    presence.leave('a', true)
    expect(told()).toEqual(['{left:[a]}'])
  })

  test('leaves nothing behind', () => {
    const { clock, presence, emptied, told } = withMembers('ab')
    presence.leave('a', false)
    presence.leave('b', true)
    expect(presence.empty).toBe(false)
    expect(told(15_100)).toEqual(['{left:[a]}', '{left:[b]}'])
    expect(told(1000)).toEqual([])
    expect([presence.empty, emptied, clock.waiting]).toEqual([true, [16_000], 0])
  })
})

describe('who comes back', () => {
  test('in time has never been away', () => {
    const { presence, store, told } = withMembers('ab')
    presence.leave('a', true)
    told(14_999)
    expect(presence.enter('a2', '"a"', OTHER, `${SECRET}a`, 5)).toBe('a')
    expect(told(60_000)).toEqual([])
    expect(presence.state('a2')).toBe('{"version":1,"members":{"a":"a","b":"b"},"self":"a"}')
    expect(store.members.get('a')).toEqual({
      key: 'a',
      meta: '"a"',
      connection: 'a2',
      turn: 1,
      secret: OTHER,
      earlier: SECRET + 'a',
      sinceMs: 5,
    })
    presence.leave('a2', false)
    expect(told()).toEqual(['{left:[a]}'])
  })

  test('is told if something else is said of it', () => {
    const { presence, told } = withMembers('ab')
    presence.leave('a', true)
    presence.enter('a2', '2', OTHER, `${SECRET}a`)
    expect(told(1000)).toEqual(['{joined:{a:2}}'])
  })

  test('may do so before it was missed: then its old connection ends nothing', () => {
    const { presence, told } = withMembers('ab')
    presence.enter('a2', '"a"', OTHER, `${SECRET}a`)
    for (const abnormal of [true, false]) presence.leave('a', abnormal)
    presence.update('a', '2')
    expect(told(60_000)).toEqual([])
    expect([presence.keyOf('a'), presence.keyOf('a2')]).toEqual([undefined, 'a'])
  })

  test('is somebody new to an old connection that comes again', () => {
    const { presence, watch, told } = withMembers('a')
    const watcher = watch()
    presence.enter('a2', '"a"', OTHER, `${SECRET}a`)
    const key = presence.enter('a', '3', `${SECRET}a`)
    expect(key).not.toBe('a')
    told(1000)
    expect([...watcher.members]).toEqual(Object.entries({ a: 'a', [key]: 3 }))
    presence.leave('a2', false)
    told(1000)
    expect([...watcher.members.keys()]).toEqual([key])
    expect(presence.enter('a3', '3', undefined, `${SECRET}a`)).toBe(key)
  })

  test('too late is somebody new', () => {
    const { presence, told } = withMembers('ab')
    presence.leave('a', true)
    told(15_100)
    expect(presence.enter('a2', '"a"', OTHER, `${SECRET}a`)).toBe('a2')
    expect(told(1000)).toEqual(['{joined:{a2:a}}'])
  })

  test('without the right secret is somebody new', () => {
    const { presence, told } = withMembers('a')
    presence.leave('a', true)
    for (const wrong of ['', 'a', SECRET, `${SECRET}b`])
      presence.enter(`x${wrong}`, '1', wrong, wrong)
    expect(told(1000)).toHaveLength(1)
    expect(presence.size).toBe(5)
    expect(told(15_000)).toEqual(['{left:[a]}'])
  })

  test('proves itself by the secret it had, too, for as long as it may not have heard of the newest', () => {
    const { presence, told } = withMembers('a')
    presence.enter('a2', '"a"', OTHER, `${SECRET}a`)
    expect(presence.enter('a3', '"a"', 'third-one', `${SECRET}a`)).toBe('a')
    expect(presence.enter('a4', '"a"', 'fourth-one', OTHER)).toBe('a4')
    expect(presence.enter('a5', '"a"', 'fifth-one', 'third-one')).toBe('a')
    expect(presence.enter('a6', '"a"', undefined, `${SECRET}a`)).toBe('a6')
    for (const c of ['a4', 'a6']) presence.leave(c, false)
    presence.update('a5', '"a"')
    expect(told(60_000)).toEqual([])
  })
})

describe('more than are told', () => {
  test('are counted', () => {
    const { presence, watch, told } = withMembers('ab', { cap: 2 })
    const watcher = watch()
    presence.enter('c', '1')
    expect(told(1000)).toEqual(['{count:3}'])
    expect(presence.state('c')).toBe(
      '{"version":2,"members":{"a":"a","b":"b"},"count":3,"self":"c"}',
    )
    presence.enter('d', '1')
    presence.leave('c', false)
    presence.update('d', '2')
    expect(told(1000)).toEqual([])
    presence.leave('d', false)
    expect(told(1000)).toEqual(['{}'])
    expect([watcher.count, watcher.version]).toEqual([2, 3])
    expect(presence.state()).toBe('{"version":3,"members":{"a":"a","b":"b"}}')
  })

  test('take the places of those who leave, the oldest first', () => {
    const { presence, told } = withMembers('abcdef', { cap: 3 })
    presence.update('d', '4')
    presence.leave('e', false)
    presence.leave('b', false)
    expect(told(1000)).toEqual(['{joined:{d:4},left:[b],count:4}'])
    presence.leave('a', false)
    expect(told(1000)).toEqual(['{joined:{f:f},left:[a]}'])
  })

  test('do so before one who leaves and comes again', () => {
    const { presence, told } = withMembers('abc', { cap: 2 })
    presence.leave('a', false)
    presence.enter('a', '"a"')
    expect(told(1000)).toEqual(['{joined:{c:c},left:[a],count:3}'])
    expect(presence.list()).toEqual(['"b"', '"c"', '"a"'])
  })
})

describe('a process that has slept', () => {
  function asleep(keys: string) {
    const room = withMembers(keys)
    const watcher = room.watch()
    const presence = new Presence('room/42', {
      ...room.host,
      tell: (frame) => {
        room.host.tell(frame)
      },
    })
    room.presence.stop()
    return { ...room, before: room.presence, presence, watcher }
  }

  test('knows who is there, and goes on from the same version', () => {
    const { store, presence, watcher, told } = asleep('ab')
    presence.load(store.read())
    for (const c of 'ab') presence.restore(c)
    presence.settled()
    expect(presence.state('b')).toBe('{"version":1,"members":{"a":"a","b":"b"},"self":"b"}')
    presence.enter('c', '1')
    expect(told(60_000)).toEqual(['{joined:{c:1}}'])
    expect([...watcher.members.keys()]).toEqual(['a', 'b', 'c'])
  })

  test('awaits those who were lost meanwhile, and knows them by their secrets', () => {
    const { store, presence, told } = asleep('abc')
    presence.load(store.read())
    presence.restore('a')
    presence.settled()
    expect(store.members.get('b')?.untilMs).toBe(16_000)
    expect(presence.enter('b2', '"b"', OTHER, `${SECRET}b`)).toBe('b')
    expect(told(14_999)).toEqual([])
    expect(told(101)).toEqual(['{left:[c]}'])
    expect([...store.members.keys()]).toEqual(['a', 'b'])
  })

  test('awaits those lost before no longer than it would have', () => {
    const { clock, store, presence, before, told } = asleep('abcd')
    before.leave('b', true)
    clock.advance(1000)
    before.leave('a', true)
    clock.advance(4000)
    before.leave('c', true)
    before.stop()
    clock.advance(10_000)
    presence.load(store.read())
    presence.restore('d')
    presence.settled()
    expect(told(100)).toEqual(['{left:[b]}'])
    expect(told(1000)).toEqual(['{left:[a]}'])
    expect(told(3700)).toEqual([])
    expect(told(400)).toEqual(['{left:[c]}'])
    expect([...store.members.keys()]).toEqual(['d'])
  })

  test('ends what was lost long ago', () => {
    const { clock, store, presence, before, told } = asleep('a')
    before.leave('a', true)
    before.stop()
    clock.advance(100_000)
    presence.load(store.read())
    presence.tick()
    expect(told(100)).toEqual(['{left:[a]}'])
    expect([presence.empty, store.members.size]).toEqual([true, 0])
  })

  test('believes who is there more than what it has stored', () => {
    const { store, presence, before, told } = asleep('a')
    before.leave('a', true)
    before.stop()
    presence.load(store.read())
    presence.restore('a')
    presence.settled()
    expect(store.members.get('a')).not.toHaveProperty('untilMs')
    expect(told(60_000)).toEqual([])
  })

  test('hears of the end of a connection that was not restored', () => {
    const { store, presence, told } = asleep('ab')
    presence.load(store.read())
    presence.leave('a', false)
    presence.leave('b', true)
    presence.settled()
    expect(told(1000)).toEqual(['{left:[a]}'])
    expect(told(15_000)).toEqual(['{left:[b]}'])
    expect(store.members.size).toBe(0)
  })

  test('has who is hidden come forward as if it had not slept', () => {
    const options = { cap: 2 }
    const room = withMembers('abcd', options)
    room.presence.stop()
    const watcher = room.watch()
    const presence = new Presence('room/42', room.host, options)
    presence.load(room.store.read())
    for (const c of 'abcd') presence.restore(c)
    presence.settled()
    expect(presence.state()).toBe('{"version":1,"members":{"a":"a","b":"b"},"count":4}')
    presence.leave('a', false)
    expect(room.told(1000)).toEqual(['{joined:{c:c},left:[a],count:3}'])
    expect(watcher.count).toBe(3)
  })

  test('is woken for those who are awaited, and runs no timer for them', () => {
    const asked: number[] = []
    const { clock, presence, told } = withMembers('ab', {}, (at) => asked.push(at))
    presence.leave('a', true)
    expect([asked, clock.waiting]).toEqual([[16_000], 0])
    told(14_999)
    presence.tick()
    expect([told(), asked]).toEqual([[], [16_000, 16_000]])
    clock.advance(1)
    presence.tick()
    expect(told()).toEqual(['{left:[a]}'])
  })

  test('is not kept awake by a frame that somebody was stopped before', () => {
    const { clock, presence, told } = withMembers('a')
    presence.leave('a', false)
    presence.stop()
    expect([told(1000), clock.waiting]).toEqual([[], 0])
  })
})

describe('a broker that fails', () => {
  const thrown = new Error('thrown')

  test('is told to who watches it, and to nobody else', async () => {
    const { store, presence, errors, told } = setUp()
    store.failures.push(
      () => {
        throw thrown
      },
      () => Promise.reject(thrown),
    )
    presence.enter('a', '1')
    presence.enter('b', '1')
    expect(told(1000)).toEqual(['{joined:{a:1,b:1}}'])
    store.failures.push(() => Promise.reject(thrown))
    presence.leave('a', false)
    expect(told(1000)).toEqual(['{left:[a]}'])
    await Promise.resolve()
    expect(errors).toEqual([thrown, thrown, thrown])
  })
})

describe('a busy channel', () => {
  test('is quiet but for one frame in 250 ms', () => {
    const { clock, presence, told } = setUp()
    let frames = 0
    for (let i = 0; i < 1000; i++) {
      presence.enter(`c${i}`, '1')
      clock.advance(1)
      frames += told().length
    }
    expect(frames).toBeGreaterThanOrEqual(3)
    expect(frames).toBeLessThanOrEqual(4)
  })
})

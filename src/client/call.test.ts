import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { client } from '../../test/support/line.ts'
import { turn } from '../../test/support/peer.ts'
import { bearer, firstFrame, inQuery } from './credential.ts'

describe('a connection', () => {
  test('is dialled at once, and open when it is welcomed', () => {
    const { socket, line, lines, statuses } = client()
    expect([socket.status, lines.length, line.protocols]).toEqual([
      'connecting',
      1,
      ['denwa.v1.json'],
    ])
    line.events.open('denwa.v1.json')
    expect(socket.status).toBe('connecting')
    line.say({ type: '$welcome', id: 'c_1' })
    expect(statuses).toEqual(['open'])
  })

  test('without a subprotocol is not welcomed, and joins no frames', async () => {
    const { socket, line } = client()
    socket.send('a')
    socket.send('b')
    line.events.open('')
    expect(socket.status).toBe('open')
    await turn()
    expect(line.texts).toEqual(['{"type":"a"}', '{"type":"b"}'])
  })

  test('says in one message what has waited for it', async () => {
    const { socket, line } = client()
    socket.send('a', 1)
    void socket.request('b', 2)
    socket.send('c', 3)
    line.events.open('denwa.v1.json')
    await turn()
    expect(line.texts).toHaveLength(1)
    expect(JSON.parse(line.texts[0]!)).toEqual([
      { type: 'a', data: 1 },
      { id: 1, timeout: 10_000, type: 'b', data: 2 },
      { type: 'c', data: 3 },
    ])
  })

  test.each([
    [0, 500],
    [0.5, 708],
    [0.999_999, 1000],
  ])('comes back after half a second to a second: %f, %i ms', (chance, ms) => {
    const { clock, lines, line, statuses } = client({}, { random: () => chance })
    line.lose()
    clock.advance(ms - 1)
    expect(lines).toHaveLength(1)
    clock.advance(1)
    expect(lines).toHaveLength(2)
    expect(statuses).toEqual(['waiting 1006', 'connecting'])
  })

  test('is tried again and again after as long as it is gone already, up to 20 s', () => {
    const { clock, lines, line } = client({}, { random: () => 0 })
    line.lose()
    for (const pause of [500, 500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]) {
      const count = lines.length
      clock.advance(pause - 1)
      expect(lines).toHaveLength(count)
      clock.advance(1)
      expect(lines).toHaveLength(count + 1)
      lines.at(-1)!.lose()
    }
  })

  test.each([1000, 1001, 1005, 1006, 1009, 1011, 1012, 4200, 4201, 4202, 4300, 4499])(
    'comes back after %i',
    (code) => {
      const { clock, lines, line } = client()
      line.open()
      line.lose(code)
      clock.advance(750)
      expect(lines).toHaveLength(2)
    },
  )

  test('says when', () => {
    const { line, lines, socket, clock } = client({}, { random: () => 0 })
    const told: (number | undefined)[] = []
    socket.onStatus((_, why) => told.push(why?.retryAfterMs))
    line.lose()
    clock.advance(750)
    lines[1]!.lose(4009)
    expect(told).toEqual([500, undefined, undefined])
  })

  test.each([4000, 4003, 4004, 4009, 4099, 4500, 4999])('does not come back after %i', (code) => {
    const { clock, lines, line, socket, statuses } = client()
    line.open()
    line.lose(code, 'no')
    clock.advance(1e9)
    expect([lines.length, socket.status]).toEqual([1, 'closed'])
    expect(statuses).toEqual(['open', `closed ${code}`])
  })

  test('comes back later and later if there is too much to do, until one has lasted', () => {
    const { clock, lines } = client()
    for (const pause of [1500, 22_500, 45_000, 225_000, 225_000]) {
      const count = lines.length
      lines.at(-1)!.lose(1013)
      clock.advance(pause - 1)
      expect(lines).toHaveLength(count)
      clock.advance(1)
      expect(lines).toHaveLength(count + 1)
    }
    lines.at(-1)!.open()
    clock.advance(5000)
    lines.at(-1)!.lose(1013)
    clock.advance(1500)
    expect(lines).toHaveLength(7)
  })

  test('comes back as late as ever if there is too much to do once, after other failures', () => {
    const { clock, lines } = client({}, { random: () => 0 })
    for (const pause of [500, 500, 1000, 2000, 4000]) {
      lines.at(-1)!.lose()
      clock.advance(pause)
    }
    expect(lines).toHaveLength(6)
    lines.at(-1)!.lose(1013)
    clock.advance(7999)
    expect(lines).toHaveLength(6)
    clock.advance(1)
    lines.at(-1)!.lose()
    clock.advance(16_000)
    lines.at(-1)!.lose(1013)
    expect(lines).toHaveLength(8)
    clock.advance(19_999)
    expect(lines).toHaveLength(8)
    clock.advance(1)
    expect(lines).toHaveLength(9)
  })

  test('that has lasted five seconds was none of the failures', () => {
    const { clock, lines } = client()
    for (const pause of [750, 750, 1500]) {
      lines.at(-1)!.lose()
      clock.advance(pause)
    }
    expect(lines).toHaveLength(4)
    lines[3]!.open()
    clock.advance(5000)
    lines[3]!.lose()
    clock.advance(750)
    expect(lines).toHaveLength(5)
  })

  test('that cannot be dialled is tried again', () => {
    const failing = client()
    const { clock, lines } = failing
    const { io } = failing.socket
    const { dial } = io
    Object.assign(io, {
      dial() {
        throw new SyntaxError('no url')
      },
    })
    lines[0]!.lose()
    clock.advance(750)
    expect(failing.statuses).toEqual(['waiting 1006', 'connecting', 'waiting 1006'])
    Object.assign(io, { dial })
    clock.advance(1000)
    expect(lines).toHaveLength(2)
  })

  test('that does not open is given up', () => {
    const { clock, lines, line } = client()
    clock.advance(15_000)
    expect(line.closed).toEqual([4201, 'no traffic'])
    clock.advance(750)
    expect(lines).toHaveLength(2)
  })
})

describe('what the server says of the time after', () => {
  test('is when one comes back', () => {
    const { clock, lines, line } = client()
    line.open()
    line.say({ type: '$bye', code: 'restart', retry: [4000, 6000] })
    line.lose(1012)
    clock.advance(4999)
    expect(lines).toHaveLength(1)
    clock.advance(1)
    expect(lines).toHaveLength(2)
  })

  test('may be never', () => {
    const { clock, lines, line, socket } = client()
    line.open()
    line.say({ type: '$bye', code: 'gone', retry: false })
    line.lose(1012)
    clock.advance(1e9)
    expect([lines.length, socket.status]).toEqual([1, 'closed'])
  })

  test.each([true, null, [5], [2, 1], [-1, -1], ['a', 'b'], [0, 1e300]])(
    'may be nonsense: %j',
    (retry) => {
      const { clock, lines, line } = client()
      line.open()
      line.say({ type: '$bye', retry })
      line.lose(1012)
      clock.advance(750)
      expect(lines).toHaveLength(2)
    },
  )

  test('is the last word: what is said after it waits for the next connection', async () => {
    const { clock, lines, line, socket } = client()
    line.open()
    line.say({ type: '$bye', code: 'restart', retry: [0, 0] })
    const answer = socket.request('say', 'hi')
    expect(await line.heard()).toEqual([])
    line.lose(1012)
    clock.advance(0)
    lines[1]!.open()
    expect(await lines[1]!.heard()).toMatchObject([{ id: 1, type: 'say' }])
    lines[1]!.say({ id: 1, data: 'hi' })
    expect(await answer).toBe('hi')
  })
})

describe('a credential', () => {
  test('is asked for before every attempt, and goes with the subprotocols', async () => {
    let n = 0
    const { clock, lines } = client({ credential: bearer(() => `täken ${++n}`) })
    await turn()
    expect(lines[0]!.protocols).toEqual(['denwa.v1.json', 'denwa.bearer.dMOka2VuIDE'])
    lines[0]!.lose()
    clock.advance(750)
    await turn()
    expect(lines[1]!.protocols[1]).toBe('denwa.bearer.dMOka2VuIDI')
  })

  test('may go first on the connection', async () => {
    const { line: _, lines, socket } = client({ credential: firstFrame(async () => 'ann') })
    socket.send('hello')
    await turn()
    lines[0]!.events.open('denwa.v1.json')
    expect(lines[0]!.texts).toEqual(['{"type":"$auth","token":"ann"}'])
    expect(await lines[0]!.heard()).toHaveLength(2)
  })

  test('may go into the query', async () => {
    const { lines } = client({ credential: inQuery('ticket', () => 'a b') })
    await turn()
    expect(lines[0]!.url).toBe('ws://test/?ticket=a+b')
  })

  test.each([
    [4100, 750],
    [4101, 0],
    [4108, 750],
  ])('that is refused with %i is replaced once', async (code, pause) => {
    const asked: boolean[] = []
    const { clock, lines, socket } = client({
      credential: bearer((renew) => {
        asked.push(renew)
        return 'x'
      }),
    })
    await turn()
    lines[0]!.lose(code)
    clock.advance(pause)
    await turn()
    expect(lines).toHaveLength(2)
    lines[1]!.lose(1006)
    clock.advance(20_000)
    await turn()
    lines[2]!.lose(code)
    clock.advance(1e9)
    expect([asked, socket.status]).toEqual([[false, true, false], 'closed'])
  })

  test('is replaced again after it has been good for a while', async () => {
    const { clock, lines, socket } = client({ credential: bearer(() => 'x') })
    for (let n = 0; n < 3; n++) {
      await turn()
      lines[n]!.open()
      clock.advance(5000)
      lines[n]!.lose(4101)
      clock.advance(0)
    }
    await turn()
    expect([lines.length, socket.status]).toEqual([4, 'connecting'])
  })

  test('that cannot be had is an attempt that has failed', async () => {
    let fails = true
    const { clock, lines, statuses } = client({
      credential: bearer(async () => {
        if (fails) throw new Error('offline')
        return 'x'
      }),
    })
    await turn()
    expect(statuses).toEqual(['waiting 1006'])
    fails = false
    clock.advance(750)
    await turn()
    expect(lines).toHaveLength(1)
  })

  test('is replaced when the server wants that', async () => {
    const { lines, socket } = client({ credential: bearer((renew) => (renew ? 'new' : 'old')) })
    const errors: unknown[] = []
    socket.onError((error) => errors.push(error.code))
    await turn()
    lines[0]!.open()
    lines[0]!.say({ type: '$reauth', within: 5000 })
    expect(await lines[0]!.heard()).toMatchObject([{ type: '$auth', id: 1, token: 'new' }])
    lines[0]!.say({ id: 1, error: { code: 'forbidden', message: 'somebody else' } })
    expect(errors).toEqual(['forbidden'])
  })

  test('is asked for once at a time, and not at once again, however often the server wants one', async () => {
    let asking = 0
    let most = 0
    let count = 0
    const { clock, lines } = client({
      credential: bearer(async (renew) => {
        if (renew) count++
        most = Math.max(most, ++asking)
        await turn()
        asking--
        return 'x'
      }),
    })
    await turn()
    await turn()
    const flood = Array.from({ length: 1000 }, () => ({ type: '$reauth', within: 5000 }))
    lines[0]!.open()
    for (let n = 0; n < 100; n++) {
      lines[0]!.say(flood)
      await turn()
      await turn()
      clock.advance(10)
    }
    expect([count, most]).toEqual([1, 1])
    clock.advance(1000)
    lines[0]!.say(flood)
    await turn()
    expect(count).toBe(2)
  })

  test('that is never had, when the server wants one, keeps no connection from coming back', async () => {
    let count = 0
    const { clock, lines } = client({
      credential: bearer((renew) => (renew ? new Promise(() => count++) : 'x')),
    })
    for (let n = 0; n < 3; n++) {
      await turn()
      lines[n]!.open()
      lines[n]!.say({ type: '$reauth' })
      lines[n]!.lose()
      clock.advance(10_000)
    }
    expect([count, lines.length]).toEqual([1, 3])
  })

  test('of a connection that has gone meanwhile is not sent on the next', async () => {
    let give: (token: string) => void = () => {}
    const { clock, lines } = client({
      credential: bearer((renew) => (renew ? new Promise((resolve) => (give = resolve)) : 'old')),
    })
    await turn()
    lines[0]!.open()
    lines[0]!.say({ type: '$reauth' })
    await turn()
    lines[0]!.lose()
    clock.advance(750)
    await turn()
    lines[1]!.open()
    give('new')
    expect(await lines[1]!.heard()).toEqual([])
  })
})

describe('signs of life', () => {
  test('are asked for after a beat of silence, the first after a part of one', async () => {
    const { clock, line, lines } = client()
    line.open()
    clock.advance(12_499)
    expect(await line.heard()).toEqual([])
    clock.advance(1)
    expect(await line.heard()).toEqual(['ping'])
    line.say('pong')
    clock.advance(24_999)
    expect(await line.heard()).toEqual([])
    clock.advance(1)
    expect(await line.heard()).toEqual(['ping'])
    line.say({ type: 'anything' })
    clock.advance(10_000)
    expect(lines).toHaveLength(1)
  })

  test('are asked for though the server talks all the time, and though the client does', async () => {
    for (const talk of ['server', 'client']) {
      const { clock, line, socket } = client()
      line.open()
      for (let n = 0; n < 60; n++) {
        clock.advance(1000)
        if (talk === 'server') line.say({ type: 'news' })
        else socket.send('news')
        if (line.texts.at(-1) === 'ping') line.say('pong')
        await turn()
      }
      expect(line.texts.filter((text) => text === 'ping').length).toBeGreaterThanOrEqual(2)
    }
  })

  test('for want of one the connection is given up', () => {
    const { clock, line, lines, statuses } = client()
    line.open()
    clock.advance(12_500 + 9999)
    expect(line.closed).toBeUndefined()
    clock.advance(1)
    expect(line.closed).toEqual([4201, 'no traffic'])
    expect(statuses).toEqual(['open', 'waiting 4201'])
    clock.advance(750)
    expect(lines).toHaveLength(2)
  })

  test('are timed as the server says, if that makes sense', async () => {
    const { clock, line } = client()
    line.open({ beat: 5000, wait: 1000 })
    line.say({ type: 'x' })
    clock.advance(5000)
    expect(await line.heard()).toEqual(['ping'])
    clock.advance(1000)
    expect(line.closed?.[0]).toBe(4201)
    for (const beat of [0, -5, '5', null, 1e300]) {
      const { clock, line } = client()
      line.open({ beat, wait: beat })
      clock.advance(12_500)
      expect(await line.heard()).toEqual(['ping'])
    }
  })

  test('are given', async () => {
    const { line } = client()
    line.open()
    line.say('ping')
    expect(await line.heard()).toEqual(['pong'])
  })

  test('are asked for when somebody wants to know', async () => {
    const { clock, line, socket } = client()
    socket.check()
    line.open()
    socket.check()
    socket.check()
    expect(await line.heard()).toEqual(['ping'])
    clock.advance(10_000)
    expect(line.closed?.[0]).toBe(4201)
  })
})

describe('to check', () => {
  test('cuts a long pause short, once', () => {
    const { clock, lines, socket } = client()
    for (const pause of [750, 750, 1500, 3000, 6000, 0]) {
      lines.at(-1)!.lose()
      clock.advance(pause)
    }
    expect(lines).toHaveLength(6)
    socket.check()
    clock.advance(700)
    socket.check()
    clock.advance(50)
    expect(lines).toHaveLength(7)
    for (const pause of [750, 1500, 3000]) {
      lines.at(-1)!.lose()
      clock.advance(pause)
    }
    expect(lines).toHaveLength(10)
  })

  test('does not cut short what the server has asked for', () => {
    const { clock, lines, line, socket } = client()
    line.open()
    line.say({ type: '$bye', retry: [60_000, 60_000] })
    line.lose(1012)
    socket.check()
    clock.advance(59_999)
    expect(lines).toHaveLength(1)
  })
})

describe('to close', () => {
  test('says what is left to say, and ends it for good', async () => {
    const { clock, line, lines, socket, statuses } = client()
    line.open()
    socket.send('last')
    socket.close(4321, 'x'.repeat(200))
    expect(line.texts).toEqual(['{"type":"last"}'])
    expect(line.closed?.[0]).toBe(4321)
    expect(line.closed![1].length).toBeLessThanOrEqual(123)
    line.lose(4321)
    socket.close()
    clock.advance(1e9)
    expect([lines.length, statuses]).toEqual([1, ['open', 'closed 4321']])
  })

  test('ends a pause, and a wait for a credential', async () => {
    const pausing = client()
    pausing.line.lose()
    pausing.socket.close()
    pausing.clock.advance(1e9)
    expect(pausing.lines).toHaveLength(1)
    const asking = client({ credential: bearer(() => 'x') })
    asking.socket.close()
    await turn()
    expect(asking.lines).toHaveLength(0)
  })

  test('takes a code that browsers can send', () => {
    const { socket } = client()
    for (const code of [0, 999, 1001, 1006, 2999, 5000, 1.5, NaN]) {
      expect(() => socket.close(code)).toThrow(RangeError)
    }
    expect(socket.status).toBe('connecting')
  })

  test('within a listener is heard of once', () => {
    const { line, socket, statuses } = client()
    socket.onStatus((status) => status === 'waiting' && socket.close())
    line.lose()
    expect(statuses).toEqual(['waiting 1006', 'closed 1000'])
  })
})

describe('a peer that means no good', () => {
  test.each(['', '{', 'null', '5', '"x"', '[5]', '[null]', '[{"type":"a"},[]', 'pong '])(
    'says %j, and is given up',
    (text) => {
      const { clock, line, lines } = client()
      line.open()
      line.say(text)
      expect(line.closed).toEqual([4000, 'no frame'])
      clock.advance(750)
      expect(lines).toHaveLength(2)
    },
  )

  test('says bytes, and is given up', () => {
    const { line } = client()
    line.open()
    line.events.message(new Uint8Array([1]))
    expect(line.closed?.[0]).toBe(4000)
  })

  test('says what cannot be compared, and is given up', () => {
    const odd = { valueOf: 1, toString: 1 }
    for (const frame of [
      { type: '$welcome', limits: { message: odd } },
      { type: '$welcome', beat: odd },
      { type: '$bye', retry: [odd, 1] },
      { error: { code: odd, message: odd, retryAfter: odd } },
      { type: '$joined', channel: 'room/1', data: { position: ['x', odd], publications: odd } },
      { type: '$joined', channel: 'room/1', data: { publications: [null] } },
    ]) {
      const { line } = client()
      line.open()
      line.say(frame)
      expect(line.closed).toEqual([4000, 'no frame'])
    }
  })

  test('accepts and closes two hundred times, and is not tried more often for it', () => {
    for (const [code, first] of [
      [1000, undefined],
      [1006, undefined],
      [4200, { type: '$bye', retry: [0, 0] }],
      [1013, undefined],
    ] as const) {
      const { clock, lines } = client()
      for (let n = 0; n < 200; n++) {
        const count = lines.length
        lines.at(-1)!.open()
        if (first) lines.at(-1)!.say(first)
        lines.at(-1)!.lose(code)
        while (lines.length === count) clock.advance(50)
      }
      // The pauses grow to more than ten seconds, on average.
      expect(clock.now()).toBeGreaterThan(190 * 10_000)
    }
  })

  test('says any JSON at all, and nothing is thrown', () => {
    const type = fc.constantFrom(
      ...['$welcome', '$bye', '$reauth', '$joined', '$left', '$gap', '$presence', 'said', '$x'],
    )
    const frame = fc.record(
      {
        type: fc.oneof(type, fc.jsonValue()),
        id: fc.oneof(fc.integer({ min: -1, max: 3 }), fc.jsonValue()),
        channel: fc.oneof(fc.constant('room/1'), fc.jsonValue()),
        data: fc.jsonValue(),
        error: fc.jsonValue(),
        item: fc.jsonValue(),
        end: fc.jsonValue(),
        offset: fc.jsonValue(),
        version: fc.jsonValue(),
        members: fc.jsonValue(),
        joined: fc.jsonValue(),
        left: fc.jsonValue(),
        beat: fc.jsonValue(),
        limits: fc.jsonValue(),
        retry: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(frame, fc.jsonValue()), { maxLength: 20 }), (frames) => {
        const { channels, clock, lines, socket } = client()
        channels.join('room/1')
        socket.request('x').catch(() => {})
        for (const each of frames) {
          if (socket.status === 'waiting') clock.advance(300_000)
          lines.at(-1)!.open()
          lines.at(-1)!.say(each)
        }
        clock.advance(60_000)
      }),
      { numRuns: 300 },
    )
  })
})

test('a listener that another has ended hears nothing any more, and one that it adds nothing yet', () => {
  const { line, socket } = client()
  line.open()
  const heard: string[] = []
  const hear = (name: string): (() => void) => socket.on('a', () => heard.push(name))
  socket.on('a', () => {
    end()
    hear('new')
  })
  const end = hear('ended')
  hear('other')
  line.say({ type: 'a' })
  expect(heard).toEqual(['other'])
})

describe('a socket that was given up', () => {
  const story = (off: object): unknown[] => {
    const { clock, lines, socket, statuses } = client({}, { off })
    socket.on('news', (data) => statuses.push(data))
    lines[0]!.open()
    clock.advance(22_500)
    clock.advance(750)
    lines[1]!.open()
    lines[0]!.say({ type: 'news', data: 'old' })
    lines[1]!.say({ type: 'news', data: 'new' })
    lines[0]!.lose(4009)
    return statuses
  }

  test('is not listened to', () => {
    expect(story({})).toEqual(['open', 'waiting 4201', 'connecting', 'open', 'new'])
  })

  test('would change things if it were', () => {
    expect(story({ superseded: true }).slice(4)).toEqual(['old', 'new', 'closed 4009'])
  })
})

test('a listener that throws keeps no other from hearing', async () => {
  const { line, socket } = client()
  const rejected = vi.fn<(error: unknown) => void>()
  process.once('unhandledRejection', rejected)
  socket.on('news', () => {
    throw new Error('mine')
  })
  const heard: unknown[] = []
  socket.on('news', (data) => heard.push(data))
  line.open()
  line.say({ type: 'news', data: 1 })
  await turn()
  expect(heard).toEqual([1])
  expect(rejected).toHaveBeenCalledOnce()
})

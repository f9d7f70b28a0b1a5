import { describe, expect, test } from 'vitest'
import { TestClock } from '../testing/clock.ts'
import { Reconnecting, type ReconnectingOptions } from './reconnecting.ts'

/** The platform's socket, with the network in the hands of the test. */
class Native {
  readonly sent: unknown[] = []
  readonly protocol = 'chat'
  readonly extensions = ''
  bufferedAmount = 0
  binaryType = ''
  closed: unknown[] | undefined
  declare onopen: () => void
  declare onmessage: (event: object) => void
  declare onclose: (event: object) => void
  readonly url: string
  readonly protocols: unknown

  constructor(url: string, protocols: unknown) {
    this.url = url
    this.protocols = protocols
  }

  send(data: unknown): void {
    this.sent.push(data)
  }

  close(...why: unknown[]): void {
    this.closed = why
  }

  lose(code = 1006, reason = ''): void {
    this.onclose({ code, reason, wasClean: code !== 1006 })
  }
}

function dial(options: ReconnectingOptions = {}) {
  const sockets: Native[] = []
  const clock = new TestClock()
  class Kept extends Native {
    constructor(url: string, protocols: unknown) {
      super(url, protocols)
      sockets.push(this)
    }
  }
  const socket = new Reconnecting(
    'ws://test/raw',
    ['chat'],
    options,
    Kept as unknown as typeof WebSocket,
    clock,
  )
  const events: unknown[] = []
  socket.addEventListener('open', () => events.push('open'))
  socket.addEventListener('error', () => events.push('error'))
  socket.addEventListener('message', (event) => events.push((event as MessageEvent).data))
  socket.onclose = ({ code, reason, wasClean }) => events.push([code, reason, wasClean])
  return { socket, sockets, clock, events }
}

describe('a WebSocket that comes back', () => {
  test('is one, as long as nothing happens', () => {
    const { socket, sockets, events } = dial()
    expect([socket.readyState, socket.url, sockets[0]!.protocols]).toEqual([
      ...[0, 'ws://test/raw'],
      ['chat'],
    ])
    socket.binaryType = 'arraybuffer'
    sockets[0]!.onopen()
    sockets[0]!.onmessage({ data: 'a' })
    socket.send('b')
    expect([socket.readyState, socket.protocol, sockets[0]!.binaryType]).toEqual([
      ...[1, 'chat', 'arraybuffer'],
    ])
    expect([events, sockets[0]!.sent]).toEqual([['open', 'a'], ['b']])
  })

  test('comes back, and says then what was to be said', () => {
    const { clock, socket, sockets, events } = dial()
    socket.binaryType = 'arraybuffer'
    socket.send('early')
    sockets[0]!.onopen()
    sockets[0]!.lose()
    expect(socket.readyState).toBe(0)
    socket.send('late')
    clock.advance(707)
    expect(sockets).toHaveLength(1)
    clock.advance(1)
    sockets[1]!.onopen()
    expect(sockets.map(({ sent }) => sent)).toEqual([['early'], ['late']])
    expect(sockets[1]!.binaryType).toBe('arraybuffer')
    expect(events).toEqual(['open', 'error', 'open'])
  })

  test('gives up a dial that comes to nothing, and hears no more of it', () => {
    const { clock, sockets, events } = dial()
    clock.advance(14_999)
    expect(sockets[0]!.closed).toBeUndefined()
    clock.advance(1)
    expect(sockets[0]!.closed).toEqual([])
    sockets[0]!.onopen?.()
    sockets[0]!.onclose?.({ code: 1006, reason: '', wasClean: false })
    expect(events).toEqual(['error'])
    clock.advance(750)
    sockets[1]!.onopen()
    clock.advance(60_000)
    expect([sockets.length, events]).toEqual([2, ['error', 'open']])
  })

  test('waits for nothing when it is closed as it dials', () => {
    const { clock, socket, sockets, events } = dial()
    socket.close(1000, 'bye')
    sockets[0]!.lose()
    clock.advance(60_000)
    expect([sockets.length, socket.readyState, events]).toEqual([1, 3, [[1006, '', false]]])
  })

  test('waits longer with each failure, until a connection has lasted', () => {
    const { clock, sockets } = dial()
    for (const pause of [750, 750, 1500]) {
      sockets.at(-1)!.lose()
      clock.advance(pause)
    }
    expect(sockets).toHaveLength(4)
    sockets[3]!.onopen()
    clock.advance(5000)
    sockets[3]!.lose()
    clock.advance(750)
    expect(sockets).toHaveLength(5)
  })

  test.each([4000, 4003, 4100, 4101, 4500, 4999])('does not come back after %i', (code) => {
    const { clock, socket, sockets, events } = dial()
    sockets[0]!.onopen()
    sockets[0]!.lose(code, 'no')
    clock.advance(1e9)
    expect([sockets.length, socket.readyState]).toEqual([1, 3])
    expect(events).toEqual(['open', [code, 'no', true]])
  })

  test('takes its time where there is too much to do, whatever happens to the page', () => {
    const { clock, socket, sockets } = dial()
    sockets[0]!.lose(1013)
    socket.check()
    clock.advance(1499)
    expect(sockets).toHaveLength(1)
    clock.advance(1)
    expect(sockets).toHaveLength(2)
  })

  test.each([1000, 1001, 1006, 1012, 4200, 5000])(
    'that is let in and closed with %i at once tries no more often than it should',
    (code) => {
      const { clock, sockets } = dial()
      while (clock.now() < 600_000) {
        const count = sockets.length
        sockets[count - 1]!.onopen()
        sockets[count - 1]!.lose(code)
        // Nothing else may happen meanwhile.
        while (sockets.length === count && clock.now() < 600_000) clock.advance(50)
      }
      expect(sockets.length).toBeGreaterThan(10)
      expect(sockets.length).toBeLessThanOrEqual(37)
    },
  )

  test('comes back sooner when the page does', () => {
    const { clock, socket, sockets } = dial()
    for (const pause of [750, 750, 1500, 3000]) {
      sockets.at(-1)!.lose()
      clock.advance(pause)
    }
    sockets.at(-1)!.lose()
    socket.check()
    socket.check()
    clock.advance(750)
    expect(sockets).toHaveLength(6)
    socket.check()
    clock.advance(1000)
    expect(sockets).toHaveLength(6)
  })

  test('keeps no more than a number of messages', () => {
    const { socket } = dial({ maxWaiting: 1 })
    socket.send('a')
    expect(() => socket.send('b')).toThrow('queue_full')
  })

  test('is closed once the peer has agreed', () => {
    const { clock, socket, sockets, events } = dial()
    sockets[0]!.onopen()
    socket.close(1000, 'done')
    socket.close()
    socket.send('unheard')
    expect([socket.readyState, sockets[0]!.closed]).toEqual([2, [1000, 'done']])
    sockets[0]!.lose(1000, 'done')
    clock.advance(1e9)
    expect([socket.readyState, sockets.length, events]).toEqual([
      ...[3, 1],
      ['open', [1000, 'done', true]],
    ])
  })

  test('is closed at once while it is away', () => {
    const { clock, socket, sockets, events } = dial()
    sockets[0]!.lose()
    socket.close()
    socket.check()
    clock.advance(1e9)
    expect([socket.readyState, sockets.length, events]).toEqual([3, 1, ['error', [1005, '', true]]])
  })
})

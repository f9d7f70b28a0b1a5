import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newSnapshot } from '../connection/state.ts'
import { observe } from '../observe.ts'
import { TestClock } from '../testing/clock.ts'
import { Alarm } from './alarm.ts'
import { keep, snapshotOf } from './attachment.ts'
import {
  type DurableState,
  DurableTransport,
  acceptInto,
  isOpen,
  wokenSnapshot,
} from './durable-object.ts'
import type { Snapshot } from './port.ts'
import type { CloudflareSocket } from './worker.ts'

const LIMITS = { maxMessageBytes: 65_536, maxQueueBytes: 1_048_576 }

/** A socket that counts how often something was stored with it. */
class Socket implements CloudflareSocket {
  binaryType = 'arraybuffer'
  readyState = 1
  kept: unknown
  writes = 0
  full = false

  accept(): void {}
  send(): void {}
  addEventListener(): void {}
  close(): void {
    this.readyState = 2
  }

  serializeAttachment(value: unknown): void {
    if (this.full) throw new Error('too large')
    this.writes++
    this.kept = structuredClone(value)
  }

  deserializeAttachment(): unknown {
    return this.kept
  }
}

let socket: Socket
let clock: TestClock
let transport: DurableTransport
let snapshot: Snapshot

beforeEach(() => {
  socket = new Socket()
  clock = new TestClock()
  clock.advance(1_000_000)
  const alarm = new Alarm({ getAlarm: async () => null, setAlarm: async () => {} }, () => {})
  transport = new DurableTransport(socket, LIMITS, clock, alarm)
  snapshot = newSnapshot({ name: 'ann' }, 'denwa.v1.json')
})

describe('what is kept with a socket', () => {
  test('is kept at once, or soon and then once', () => {
    transport.persist(snapshot)
    expect(snapshotOf(socket)).toEqual(snapshot)
    for (let i = 1; i <= 5; i++) {
      snapshot.last = i
      transport.persistSoon(snapshot)
    }
    expect(socket.writes).toBe(1)
    clock.advance(100)
    expect(socket.writes).toBe(2)
    expect(snapshotOf(socket)?.last).toBe(5)
    transport.persistSoon(snapshot)
    clock.advance(100)
    expect(socket.writes).toBe(3)
  })

  test('is nothing any more when this side has closed', () => {
    transport.persist(snapshot)
    transport.persistSoon(snapshot)
    transport.close(4000, 'over')
    transport.persist(snapshot)
    clock.advance(1000)
    expect([socket.kept, isOpen(socket), snapshotOf(socket)]).toEqual([null, false, undefined])
  })

  describe('and is too large', () => {
    const errors: unknown[] = []
    let end = (): void => {}
    beforeEach(() => void (end = observe((event) => void errors.push(event))))
    afterEach(() => end())

    test('is observed: a transport does not throw', () => {
      socket.full = true
      transport.persist(snapshot)
      expect(errors).toMatchObject([{ where: 'attachment', connection: snapshot.id }])
    })
  })
})

describe('when a client was heard last', () => {
  test('is known of each message, and kept every five seconds', () => {
    for (let i = 0; i < 100; i++) {
      transport.heardFrom(snapshot)
      expect(snapshot.seen).toBe(clock.now())
      clock.advance(100)
    }
    expect(socket.writes).toBe(2)
  })

  test('is after a sleep not before it was, though not all times are kept', () => {
    let last = 0
    for (let i = 0; i < 60; i++) {
      transport.heardFrom(snapshot)
      last = clock.now()
      clock.advance(170)
      const seen = wokenSnapshot(socket)?.seen ?? 0
      expect(seen).toBeGreaterThanOrEqual(last)
      expect(seen).toBeLessThanOrEqual(last + 5000)
    }
  })

  test('is nothing where nothing was kept', () => {
    expect(wokenSnapshot(socket)).toBeUndefined()
    keep(socket, snapshot)
    expect(wokenSnapshot(socket)).toEqual(snapshot)
  })
})

describe('an object that cannot take a socket says what to do', () => {
  const stateThat = (acceptWebSocket: () => void): DurableState =>
    ({ acceptWebSocket }) as unknown as DurableState

  test('when it has as many as it may', () => {
    const full = stateThat(() => {
      throw new Error('only 32768 websockets can be accepted on a single Durable Object instance')
    })
    expect(() => acceptInto(full, socket, [])).toThrow(/at most 32,768, so choose among several/)
  })

  test('when there are too many tags', () => {
    const tags = Array.from({ length: 11 }, (_, i) => `${i}`)
    const open = stateThat(() => {})
    expect(() => acceptInto(open, socket, tags)).toThrow(/use capacity\(\) at most 10 times/)
    expect(() => acceptInto(open, socket, tags.slice(1))).not.toThrow()
  })

  test('and passes on what else is wrong', () => {
    const broken = stateThat(() => {
      throw new TypeError('something else')
    })
    expect(() => acceptInto(broken, socket, [])).toThrow('something else')
  })
})

import { describe, expect, test } from 'vitest'
import type { Io } from '../../src/client/line.ts'
import { Socket } from '../../src/client/socket.ts'
import { drain } from '../../src/connection/drain.ts'
import type { Receiver } from '../../src/runtime/port.ts'
import { peakOf } from '../support/bins.ts'
import { Clock } from './clock.ts'
import { type Random, randomOf } from './random.ts'

const CLIENTS = 2000
const SEEDS = [1, 2, 3]

/** A server on a network without delay, and clients of it that count how often each of them dials. */
class Place {
  readonly clock = new Clock()
  readonly random: Random
  isUp = true
  /** When somebody came, whom the server let in. */
  readonly came: number[] = []
  dials = 0
  readonly #open = new Map<number, Parameters<Io['dial']>[2]>()

  constructor(seed: number) {
    this.random = randomOf(seed)
    for (let id = 0; id < CLIENTS; id++) this.#client(id)
  }

  #client(id: number): Socket {
    const timers = this.clock.timers(this.random, 0, () => true)
    const dial: Io['dial'] = (_url, _protocols, events) => {
      this.dials++
      // It is known in the next turn.
      let hangsUp = this.clock.after(0, () => {
        if (!this.isUp) return events.close(1006, '')
        hangsUp = () => void this.#open.delete(id)
        this.#open.set(id, events)
        this.came.push(this.clock.now)
        events.open('denwa.v1.json')
        events.message('{"type":"$welcome","id":"c_1"}')
      })
      return {
        bufferedAmount: 0,
        send: (text) => {
          if (text === 'ping') this.clock.after(0, () => events.message('pong'))
        },
        close: () => hangsUp(),
      }
    }
    return new Socket('ws://test/', {}, { dial, timers })
  }

  get size(): number {
    return this.#open.size
  }

  /** Cuts them all off, and counts from now. */
  cut(): void {
    this.#begin()
    for (const id of this.#open.keys()) this.#lose(id, 1006)
  }

  /** Ends as a server of this library does, within `ms`. */
  drain(ms: number): Promise<void> {
    this.#begin()
    const live = [...this.#open].map(([id, events]) => {
      const one = {
        gone: false,
        drain: (retry: readonly [number, number]): boolean => {
          if (one.gone) return true
          one.gone = true
          events.message(JSON.stringify({ type: '$bye', code: 'restart', retry }))
          this.#lose(id, 1012)
          return true
        },
      }
      return one as unknown as Receiver
    })
    return drain(
      { live },
      ms,
      this.clock.timers(this.random, 0, () => true),
    )
  }

  #begin(): void {
    this.isUp = false
    this.came.length = this.dials = 0
  }

  #lose(id: number, code: number): void {
    const events = this.#open.get(id)!
    this.#open.delete(id)
    events.close(code, '')
  }
}

async function settled(seed: number): Promise<Place> {
  const place = new Place(seed)
  await place.clock.run(6000)
  expect(place.size).toBe(CLIENTS)
  return place
}

describe('2,000 clients come back, no second with twice as many as the mean, when', () => {
  test.each([0.5, 1, 2, 3, 5, 10, 20, 30, 60])(
    'the server was dead for %d s',
    { timeout: 60_000 },
    async (seconds) => {
      for (const seed of SEEDS) {
        const place = await settled(seed)
        place.cut()
        await place.clock.run(seconds * 1000)
        place.isUp = true
        const at = place.clock.now
        await place.clock.run(Math.max(1000, Math.min(20, seconds) * 1000))
        expect(place.size).toBe(CLIENTS)
        const times = place.came.map((came) => came - at)
        expect(peakOf(times)).toBeLessThan(2)
        // All of them within half a second: no tenth of one brings many more than the others either.
        if (seconds === 0.5) expect(peakOf(times, 100)).toBeLessThan(2)
        // Each pause is as long as all before it: there are few.
        expect(place.dials / CLIENTS).toBeLessThan(2 + Math.log2(seconds / 0.5 + 1) + seconds / 20)
      }
    },
  )

  test.each([
    [3000, 0],
    [3000, 500],
    [3000, 1000],
    [3000, 2000],
    [3000, 4000],
    [3000, 8000],
    [3000, 20_000],
    [10_000, 0],
    [10_000, 1000],
    [10_000, 3000],
    [10_000, 4000],
    [10_000, 15_000],
  ])(
    'it was drained for %i ms, and another is there %i ms later',
    { timeout: 60_000 },
    async (ms, later) => {
      for (const seed of SEEDS) {
        const place = await settled(seed)
        const begin = place.clock.now
        const over: number[] = []
        void place.drain(ms).then(() => over.push(place.clock.now))
        while (over.length === 0) await place.clock.run(50)
        expect(over[0]! - begin).toBeLessThanOrEqual(ms / 2)
        await place.clock.run(over[0]! + later - place.clock.now)
        place.isUp = true
        const back = place.clock.now
        await place.clock.run(25_000)
        expect(place.size).toBe(CLIENTS)
        expect(peakOf(place.came.map((came) => came - back))).toBeLessThan(2)
      }
    },
  )
})

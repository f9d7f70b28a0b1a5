import { setMaxListeners } from 'node:events'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Dialled, client } from '../../test/support/line.ts'
import { wake, watch } from './browser.ts'
import type { Io } from './line.ts'
import { Socket } from './socket.ts'

/** A page, in the hands of the test. */
let page: EventTarget & { hidden: boolean }
const happens = (type: string, times = 1): void => {
  for (let n = 0; n < times; n++) page.dispatchEvent(new Event(type))
}
beforeEach(() => {
  page = Object.assign(new EventTarget(), { hidden: false })
  setMaxListeners(1000, page)
  vi.stubGlobal('document', page)
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a page that is back', () => {
  test('is told, and one that is hidden is not', () => {
    const heard = vi.fn<() => void>()
    const stop = wake(heard)
    happens('online')
    happens('visibilitychange')
    page.hidden = true
    happens('online')
    happens('visibilitychange')
    expect(heard).toHaveBeenCalledTimes(2)
    page.hidden = false
    stop()
    happens('online')
    expect(heard).toHaveBeenCalledTimes(2)
  })

  test('a hundred times at once asks one question', async () => {
    const { line, socket } = client()
    watch(socket)
    line.open()
    happens('online', 100)
    happens('visibilitychange', 100)
    expect(await line.heard()).toEqual(['ping'])
  })

  test('a hundred times in a pause makes one try, and none while it is on', () => {
    const { clock, lines, socket } = client()
    watch(socket)
    for (const pause of [750, 750, 1500, 3000]) {
      lines.at(-1)!.lose()
      clock.advance(pause)
    }
    lines.at(-1)!.lose()
    for (let n = 0; n < 100; n++) {
      happens('online')
      happens('visibilitychange')
      clock.advance(5)
    }
    clock.advance(250)
    expect(lines).toHaveLength(6)
    happens('online', 100)
    clock.advance(5000)
    expect(lines).toHaveLength(6)
  })

  test('while a server that asked for a pause is away makes no try', () => {
    for (const code of [1012, 1013]) {
      const { clock, lines, line, socket } = client()
      watch(socket)
      line.open()
      if (code === 1012) line.say({ type: '$bye', retry: [1500, 1500] })
      line.lose(code)
      happens('online', 100)
      clock.advance(1499)
      expect(lines).toHaveLength(1)
      clock.advance(1)
      expect(lines).toHaveLength(2)
    }
  })

  test('is told no more when its socket is closed', () => {
    const { clock, lines, line, socket } = client()
    watch(socket)
    line.open()
    socket.close()
    happens('online', 100)
    clock.advance(1e6)
    expect([lines.length, line.texts]).toEqual([1, []])
  })
})

test('hidden pages come back one by one, by their own pauses, whatever the network does', () => {
  page.hidden = true
  let turn = 0
  const pages = Array.from({ length: 100 }, () => {
    const one = client({}, { random: () => (turn++ * 0.618_034) % 1 })
    watch(one.socket)
    one.line.open()
    return one
  })
  for (const { line } of pages) line.lose()
  const times: number[] = []
  for (let ms = 0; ms < 1000; ms += 10) {
    happens('online')
    for (const { clock, lines } of pages) {
      const count = lines.length
      clock.advance(10)
      if (lines.length > count) times.push(ms)
    }
  }
  expect([times.length, Math.min(...times) >= 490]).toEqual([100, true])
  const tenths = Map.groupBy(times, (ms) => Math.floor(ms / 100))
  expect(Math.max(...[...tenths.values()].map(({ length }) => length))).toBeLessThanOrEqual(40)
})

/** Time that jumps, and then all that is due happens at once: as on a laptop that has slept. */
class Laptop {
  #now = 0
  readonly #alarms = new Set<{ at: number; task: () => void }>()
  readonly lines: Dialled[] = []
  readonly socket: Socket

  constructor() {
    const timers: Io['timers'] = {
      now: () => this.#now,
      random: () => 0.5,
      after: (ms, task) => {
        const alarm = { at: this.#now + ms, task }
        this.#alarms.add(alarm)
        return () => void this.#alarms.delete(alarm)
      },
    }
    const dial: Io['dial'] = (url, protocols, events) => {
      const line = new Dialled(url, protocols, events)
      this.lines.push(line)
      return line
    }
    this.socket = watch(new Socket('ws://test/', {}, { timers, dial }))
  }

  sleep(ms: number): void {
    this.#now += ms
  }

  /** What is due now, and nothing that begins with it. */
  wake(): void {
    const due = [...this.#alarms].filter(({ at }) => at <= this.#now)
    for (const alarm of due.toSorted((a, b) => a.at - b.at)) {
      if (this.#alarms.delete(alarm)) alarm.task()
    }
  }

  run(ms: number): void {
    for (let passed = 0; passed < ms; passed += 10) {
      this.#now += 10
      this.wake()
    }
  }
}

describe('after an hour of sleep, whatever comes first,', () => {
  const order = fc.shuffledSubarray(['timers', 'online', 'visible', 'close'] as const, {
    minLength: 4,
  })
  const wakes = (laptop: Laptop, what: string, lost: () => void): void => {
    if (what === 'timers') laptop.wake()
    else if (what === 'online') happens('online', 10)
    else if (what === 'visible') happens('visibilitychange', 10)
    else lost()
  }

  test('one connection is made in place of the one that has gone', () => {
    fc.assert(
      fc.property(order, fc.integer({ min: 0, max: 60_000 }), (first, openMs) => {
        const laptop = new Laptop()
        const [line] = laptop.lines
        line!.open()
        for (let ms = 0; ms < openMs; ms += 1000) {
          laptop.run(1000)
          line!.say('pong')
        }
        laptop.sleep(3_600_000)
        for (const what of first) wakes(laptop, what, () => line!.lose())
        laptop.run(1000)
        expect(laptop.lines).toHaveLength(2)
        laptop.lines[1]!.open()
        laptop.run(5000)
        expect([laptop.lines.length, laptop.socket.status]).toEqual([2, 'open'])
      }),
    )
  })

  test('one try ends a pause', () => {
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 7 }), (first, failures) => {
        const laptop = new Laptop()
        while (laptop.lines.length < failures) {
          laptop.lines.at(-1)!.lose()
          const count = laptop.lines.length
          while (laptop.lines.length === count) laptop.run(100)
        }
        const { length } = laptop.lines
        laptop.lines.at(-1)!.lose()
        laptop.sleep(3_600_000)
        for (const what of first) wakes(laptop, what, () => {})
        laptop.run(1000)
        expect(laptop.lines.length - length).toBe(1)
      }),
    )
  })
})

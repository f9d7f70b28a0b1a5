import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createClient } from 'denwa/client'
import type { app } from '../../examples/ticker/app.ts'
import { instruments } from '../../examples/ticker/exchange.ts'
import { TAPE_SECONDS } from '../../examples/ticker/market.ts'
import { type Launched, launch, runtimes } from '../../tools/launch.ts'

const timeout = 5_000

describe.each(runtimes)('ticker on %s', (runtime) => {
  let server: Launched
  beforeAll(async () => {
    const entry = `${import.meta.dirname}/../../examples/ticker/${runtime}.ts`
    server = await launch({ runtime, entry })
  })
  afterAll(() => server?.close())

  function reader() {
    const socket = createClient<typeof app>(server.url).ticker.$ws()
    onTestFinished(() => socket.close())
    return socket
  }

  test('has a page', async () => {
    const response = await fetch(server.url)
    expect(await response.text()).toContain('<title>Ticker')
  })

  test('tells the past at once, without a hole, and goes on', async () => {
    const seconds: { at: number; prices: number[][] }[] = []
    const tape = reader().channel('tape', {}, { last: TAPE_SECONDS })
    tape.on('second', (second) => seconds.push(second))
    await expect.poll(() => tape.status, { timeout }).toBe('joined')
    expect(seconds).toHaveLength(TAPE_SECONDS)
    expect(Date.now() - seconds.at(-1)!.at).toBeLessThan(5_000)
    await expect.poll(() => seconds.length, { timeout }).toBeGreaterThan(TAPE_SECONDS + 1)

    const first = seconds[0]!.at
    expect(seconds.map(({ at }) => at)).toEqual(seconds.map((_, index) => first + index * 1000))
    for (const { prices } of seconds) {
      expect(prices.map(({ length }) => length)).toEqual(instruments.map(() => 20))
    }
  })

  test.each([10, 1000, 5000])('quotes all instruments %i times a second', async (rate) => {
    const socket = reader()
    const quotes = socket.channel('quotes/:rate', { rate: `${rate}` })
    const ticks = new Map<string, number[]>()
    for (const { symbol } of instruments) {
      const heard: number[] = []
      ticks.set(symbol, heard)
      quotes.on(symbol, ([tick]) => heard.push(tick))
    }
    const wanted = Math.max(3, rate / 10)
    const lengths = (): number[] => [...ticks.values()].map(({ length }) => length)
    await expect.poll(() => Math.min(...lengths()), { timeout }).toBeGreaterThan(wanted)
    for (const heard of ticks.values()) {
      expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b))
    }
    const there = await socket.request('time', null)
    const newest = (ticks.get('AUR')!.at(-1)! * 1000 * instruments.length) / rate
    expect(Math.abs(there - newest)).toBeLessThan(2_000)
  })

  test('refuses rates that it has not', async () => {
    const quotes = reader().channel('quotes/:rate', { rate: '1000000' })
    let why: unknown
    quotes.onStatus((_, error) => (why = error?.code))
    await expect.poll(() => why, { timeout }).toBe('forbidden')
  })

  test('goes on for one when another leaves who came later', async () => {
    const [early, late] = [reader(), reader()]
    let heard = 0
    const quotes = early.channel('quotes/:rate', { rate: '100' })
    quotes.on('AUR', () => heard++)
    await expect.poll(() => heard, { timeout }).toBeGreaterThan(0)
    const same = late.channel('quotes/:rate', { rate: '100' })
    await expect.poll(() => same.status, { timeout }).toBe('joined')
    late.close()
    heard = 0
    await expect.poll(() => heard, { timeout }).toBeGreaterThan(50)
  })
})

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createClient } from 'denwa/client'
import type { app } from '../../examples/ticker/app.ts'
import { instruments } from '../../examples/ticker/exchange.ts'
import { TAPE_SECONDS, rates, stepOf } from '../../examples/ticker/market.ts'
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

  test.each(rates)('quotes all instruments, %i quotes a second', async (rate) => {
    const socket = reader()
    const ticks: number[] = []
    const wanted = Math.max(3, rate / 10)
    for await (const [tick, prices] of socket.request('quotes', rate)) {
      expect(prices).toHaveLength(instruments.length)
      if (ticks.push(tick) === wanted) break
    }
    expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b))
    const there = await socket.request('time', null)
    expect(Math.abs(there - ticks.at(-1)! * stepOf(rate))).toBeLessThan(2_000)
  })

  test('has the newest for who takes time, and no backlog', async () => {
    const socket = reader()
    const quotes = socket.request('quotes', 5000)[Symbol.asyncIterator]()
    await quotes.next()
    const start = await socket.request('time', null)
    await expect.poll(() => Date.now() - start, { timeout }).toBeGreaterThan(1_500)
    // What the server had sent ahead, one that it had ready, and then what is new.
    const late: number[] = []
    for (let n = 0; n < 40; n++) late.push((await quotes.next()).value[0] * stepOf(5000))
    expect(late.filter((at) => at < start + 1_000).length).toBeLessThan(34)
    expect(late.at(-1)).toBeGreaterThan(start + 1_200)
  })

  test('refuses rates that it has not', async () => {
    const quotes = reader().request('quotes', 1_000_000 as 10)
    const next = quotes[Symbol.asyncIterator]().next()
    await expect(next).rejects.toMatchObject({ code: 'invalid' })
  })

  test('prints the tape for one when another leaves who came later', async () => {
    const [early, late] = [reader(), reader()]
    let heard = 0
    const tape = early.channel('tape', {})
    tape.on('second', () => heard++)
    const same = late.channel('tape', {})
    await expect.poll(() => [tape.status, same.status], { timeout }).toEqual(['joined', 'joined'])
    late.close()
    heard = 0
    await expect.poll(() => heard, { timeout }).toBeGreaterThan(2)
  })
})

import { createClient } from 'denwa/client'
import { $ } from '../../shared/browser/dom.ts'
import { showStatus } from '../../shared/browser/status.ts'
import type { app } from '../app.ts'
import { instruments } from '../exchange.ts'
import { SAMPLE_MS, TAPE_SECONDS, type Rate, stepOf } from '../market.ts'
import { chart } from './plot/chart.ts'
import { clockOf } from './plot/clock.ts'
import { type Head, draw, noLines } from './plot/lines.ts'
import { Meter, metered } from './plot/meter.ts'
import { Slots } from './plot/slots.ts'
import { panel } from './plot/panel.ts'

const meter = new Meter()
const slots = new Slots(instruments.length, (TAPE_SECONDS * 1000) / SAMPLE_MS, SAMPLE_MS)
const head: Head = { at: -Infinity, prices: [] }
const ages: number[] = []
let reading: AbortController | undefined
/** There is what no frame has shown yet. */
let isFresh = false
let skipped = 0

const socket = createClient<typeof app>(location.origin, {
  WebSocket: metered(meter),
}).ticker.$ws()
showStatus(socket)
const clock = clockOf(() => socket.request('time', null, { timeoutMs: 3_000 }))

/** The past, and what the plot has missed. */
function readTape(): void {
  const tape = socket.channel('tape', {}, { last: TAPE_SECONDS })
  tape.on('second', ({ at, prices }) => {
    for (const [index, some] of prices.entries()) {
      for (const [step, price] of some.entries()) slots.fill(index, at + step * SAMPLE_MS, price)
    }
  })
  // Another server, or too long away: as if we came for the first time. What we know, we keep.
  tape.onReset(() => {
    void tape.leave()
    readTape()
  })
}

/** The present, as fast as is wanted: where there is more than one can read, the newest. */
async function readQuotes(rate: Rate): Promise<void> {
  reading?.abort()
  const { signal } = (reading = new AbortController())
  const stepMs = stepOf(rate)
  while (!signal.aborted && socket.status !== 'closed') {
    try {
      let last: number | undefined
      // While there is no connection, this waits for one.
      for await (const [tick, prices] of socket.request('quotes', rate, { signal })) {
        if (last !== undefined) skipped += (tick - last - 1) * prices.length
        last = tick
        quoted(tick * stepMs, prices)
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

function quoted(at: number, prices: number[]): void {
  meter.add('updates', prices.length)
  if (isFresh) meter.add('merged', prices.length)
  isFresh = true
  if (ages.push(clock.now() - at) > 500) ages.shift()
  for (const [index, price] of prices.entries()) slots.put(index, at, price)
  if (at > head.at) Object.assign(head, { at, prices })
}

const lines = noLines(instruments.length)
const plot = chart(
  $('plot'),
  instruments.map(({ symbol }) => symbol),
)
const controls = panel((rate) => void readQuotes(rate))
readTape()

function frame(): void {
  requestAnimationFrame(frame)
  isFresh = false
  if (controls.paused) return
  const to = clock.now()
  const view = { from: to - controls.windowMs, to, only: controls.only, pixels: plot.pixels }
  draw(lines, slots, head, view)
  plot.show(lines, view)
  meter.add('frames')
}
requestAnimationFrame(frame)

const SHOW_MS = 250
setInterval(() => {
  const age = ages.reduce((sum, each) => sum + each, 0) / ages.length
  ages.length = 0
  controls.show({ rate: meter.read(), age, skipped, points: lines.points })
  controls.prices(head.prices, opening)
}, SHOW_MS)

/** The price at the left edge of the window. */
function opening(index: number): number {
  const from = slots.slotOf(clock.now() - controls.windowMs)
  for (let slot = Math.max(from, slots.first); slot <= slots.last; slot++) {
    const price = slots.price(index, slot)
    if (!Number.isNaN(price)) return price
  }
  return NaN
}

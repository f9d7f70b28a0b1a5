import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { contract, raw, socket } from '../../../src/index.ts'
import type { Server } from '../../../src/serve.ts'

const text = z.string()

const at = contract({
  requests: {
    slow: { input: z.object({ ms: z.number() }), output: text },
    endless: { input: z.unknown(), output: text },
  },
  events: { begun: z.null() },
  channels: { ticks: { events: { tick: z.number() } } },
})

let publisher: ReturnType<typeof setInterval> | undefined
let thinking = 0

const typed = socket(at, {
  async open(c) {
    const ticks = await c.join('ticks', {})
    let n = 0
    publisher ??= setInterval(() => void ticks.publish('tick', n++), 250)
  },
  requests: {
    async slow(c) {
      c.send('begun', null)
      await sleep(c.data.ms)
      return 'done'
    },
    endless(c) {
      c.send('begun', null)
      return new Promise(() => {})
    },
  },
})

export const app = new Hono()
  .get('/health', (c) => c.text('ok'))
  .get('/thinking', (c) => c.json(thinking))
  .get('/slow', async (c) => {
    await idle(Number(c.req.query('ms')))
    return c.text('slow')
  })
  .get('/events', (c) =>
    streamSSE(c, async (stream) => {
      while (!stream.aborted) {
        await stream.writeSSE({ data: 'tick' })
        await sleep(100)
      }
    }),
  )
  .use('/thinks', async (_, next) => {
    thinking++
    await idle(4_000)
    await next()
  })
  .get('/thinks', typed)
  .get('/typed', typed)
  .get('/raw', raw({ message: (c, data) => c.send(data) }))

/** Waits, and holds no process. */
function idle(ms: number): Promise<void> {
  return sleep(ms, undefined, { ref: false })
}

/** What a deployment wants: on SIGTERM the server ends in order, and with it the process, by itself. */
export function endsOnSignal(server: Pick<Server, 'close'>, then?: () => unknown): void {
  const drainMs = Number(process.env['DRAIN_MS'])
  process.on('SIGTERM', async () => {
    const since = performance.now()
    await server.close(drainMs > 0 ? { drainMs } : {})
    await then?.()
    clearInterval(publisher)
    console.log(`closed after ${Math.round(performance.now() - since)} ms`)
  })
}

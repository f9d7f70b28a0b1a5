import { prometheus as page } from '@hono/prometheus'
import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { Hono } from 'hono'
import { Registry } from 'prom-client'
import { z } from 'zod'
import { capacity, credential, origin } from '../../../src/handshake.ts'
import { heartbeat } from '../../../src/heartbeat.ts'
import { contract, raw, socket } from '../../../src/index.ts'
import { rateLimit } from '../../../src/middleware.ts'
import { opentelemetry } from '../../../src/opentelemetry.ts'
import { prometheus } from '../../../src/prometheus.ts'

const chat = contract({
  requests: {
    say: { input: z.string(), output: z.null() },
    flood: { input: z.null(), output: z.null() },
  },
  channels: {
    'room/:room': { events: { said: z.string() } },
    'flood/:room': { events: { drop: z.string() }, slow: 'drop' },
  },
})

const MiB = 'x'.repeat(1024 * 1024)
const FLOOD = 100

const room = socket(chat, {
  state: (c) => ({ room: c.req.param('room') ?? '' }),
  async open(c) {
    await c.join('room/:room', { room: c.state.room })
  },
  channels: { 'flood/:room': { join: () => true } },
  requests: {
    async say(c) {
      await c.channel('room/:room', { room: c.state.room }).publish('said', c.data)
      return null
    },
    async flood(c) {
      const flood = c.channel('flood/:room', { room: c.state.room })
      for (let i = 0; i < FLOOD; i++) await flood.publish('drop', MiB)
      return null
    },
  },
})

/** Says far more than may wait. */
const torrent = raw({
  message(c) {
    for (let i = 0; i < FLOOD; i++) c.send(MiB)
  },
})
const nobody = credential({ verify: () => null, refuse: 'close' })

/** An app whose operator sees everything: `/metrics` as Prometheus reads it, `/spans` and `/meters` of OpenTelemetry. */
export function observedApp(): Hono {
  const spans = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
  )
  const meters = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: meters })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  opentelemetry()

  const registry = new Registry()
  const { printMetrics, registerMetrics } = page({ registry })
  prometheus(registry)

  const app = new Hono()
  app.use(registerMetrics)
  app.get('/metrics', printMetrics)
  app.get('/spans', (c) => c.json(spans.getFinishedSpans().map(({ name }) => name)))
  app.get('/meters', async (c) => {
    await reader.forceFlush()
    const [{ scopeMetrics } = { scopeMetrics: [] }] = meters.getMetrics().slice(-1)
    const all = scopeMetrics.flatMap((scope) => scope.metrics)
    return c.json(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]))
  })
  app.use('/chat/*', origin('https://chat.example'))
  app.get('/chat/:room', room)
  app.get('/torrent', torrent)
  app.get('/silent', heartbeat({ intervalMs: 300, timeoutMs: 200 }), raw({}))
  app.get('/limited', rateLimit({ messages: 1, windowMs: 60_000 }), raw({}))
  app.get('/few', capacity({ max: 1 }), raw({}))
  app.get('/nobody', nobody, raw({}))
  return app
}

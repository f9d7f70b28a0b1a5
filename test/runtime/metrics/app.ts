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
import { origin } from '../../../src/handshake.ts'
import { contract, socket } from '../../../src/index.ts'
import { opentelemetry } from '../../../src/opentelemetry.ts'
import { prometheus } from '../../../src/prometheus.ts'

const chat = contract({
  requests: { say: { input: z.string(), output: z.null() } },
  channels: { 'room/:room': { events: { said: z.string() } } },
})

const room = socket(chat, {
  state: (c) => ({ room: c.req.param('room') ?? '' }),
  async open(c) {
    await c.join('room/:room', { room: c.state.room })
  },
  requests: {
    async say(c) {
      await c.channel('room/:room', { room: c.state.room }).publish('said', c.data)
      return null
    },
  },
})

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
  return app
}

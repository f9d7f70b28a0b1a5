import { readFileSync } from 'node:fs'
import {
  type Attributes,
  SpanKind,
  SpanStatusCode,
  context,
  metrics,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { Hono, type MiddlewareHandler } from 'hono'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anything, turn } from '../test/support/peer.ts'
import { contract } from './contract.ts'
import { SocketError } from './errors.ts'
import { type Observation, emit, observed } from './observe.ts'
import { opentelemetry } from './opentelemetry.ts'
import { socket } from './socket.ts'
import { TestClock } from './testing/clock.ts'
import { type TestSocket, connect } from './testing/connect.ts'

const spans = new InMemorySpanExporter()
const tracers = new TracerProvider({
  spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
} as never)

let stop = (): void => {}
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(tracers)
})
beforeEach(() => spans.reset())
afterEach(() => stop())
afterAll(() => {
  trace.disable()
  context.disable()
  metrics.disable()
})

const talk = contract({
  messages: { tell: anything },
  requests: {
    say: { input: anything, output: anything },
    list: { input: anything, item: anything },
  },
  channels: { 'room/:room': { events: { said: anything } } },
})
const act = async (c: any): Promise<unknown> => {
  if (c.data === 'bug') throw new Error('of the handler')
  if (typeof c.data === 'string') throw new SocketError(c.data)
  await new Promise((done) => c.connection.transport.timers.after(c.data, done as () => void))
  return null
}
const at = socket(talk, {
  messages: { tell: act },
  requests: { say: act, list: async () => [1, 2] as never },
} as never)

/** What `@hono/otel` does: a span for the request, active while its handlers run. */
const traced: MiddlewareHandler = (c, next) =>
  trace.getTracer('http').startActiveSpan(`${c.req.method} ${c.req.path}`, async (span) => {
    await next()
    span.end()
  })

async function client(...middleware: MiddlewareHandler[]): Promise<[TestSocket, TestClock]> {
  const app = new Hono()
  for (const each of middleware) app.use(each)
  app.get('/chat/:room', at)
  const clock = new TestClock()
  const made = await connect(app, '/chat/lobby?token=secret', { clock })
  await turn()
  return [made, clock]
}

const named = (name: string): ReadableSpan[] =>
  spans.getFinishedSpans().filter((span) => span.name === name)

describe('spans', () => {
  beforeEach(() => {
    stop = opentelemetry({ meter: false })
  })

  test('of a request: one, with what the conventions for messaging ask for', async () => {
    const [socket, clock] = await client()
    socket.send({ type: 'say', id: 1, data: 250 })
    await turn()
    clock.advance(250)
    await turn()
    const [span, ...more] = named('receive say')
    expect(more).toEqual([])
    expect(span).toMatchObject({
      kind: SpanKind.CONSUMER,
      status: { code: SpanStatusCode.UNSET },
      links: [],
      parentSpanContext: undefined,
      attributes: {
        'messaging.system': 'websocket',
        'messaging.operation.name': 'receive',
        'messaging.operation.type': 'process',
        'network.io.direction': 'receive',
        'denwa.route': '/chat/:room',
        'denwa.message': 'say',
        'denwa.kind': 'request',
        'denwa.connection': expect.stringMatching(/^c_/),
      },
    })
    expect(Object.keys(span?.attributes ?? {})).toHaveLength(8)
    const [seconds, nanos] = span?.duration ?? [0, 0]
    expect(seconds * 1e3 + nanos / 1e6).toBeCloseTo(250, 0)
    expect(JSON.stringify(spans.getFinishedSpans().map((each) => each.attributes))).not.toMatch(
      /lobby|secret/,
    )
  })

  test('end with the code of the error; only the fault of the server is an error', async () => {
    const [socket] = await client()
    for (const data of ['forbidden', 'bug', 'unavailable']) socket.send({ type: 'tell', data })
    await turn()
    const ends = named('receive tell').map((span) => [
      span.attributes['error.type'],
      span.status.code,
    ])
    expect(ends).toEqual([
      ['forbidden', SpanStatusCode.UNSET],
      ['internal', SpanStatusCode.ERROR],
      ['unavailable', SpanStatusCode.ERROR],
    ])
    expect(JSON.stringify(ends)).not.toContain('of the handler')
  })

  test('have no name that a client has chosen', async () => {
    const [socket] = await client()
    socket.send({ type: 'mine', id: 1 })
    await turn()
    const [span] = named('receive')
    expect(span?.attributes).toMatchObject({ 'error.type': 'unknown', 'denwa.kind': 'request' })
    expect(span?.attributes).not.toHaveProperty('denwa.message')
  })

  test('are one for a stream', async () => {
    const [socket] = await client()
    socket.send({ type: 'list', id: 1 })
    await turn()
    expect(named('receive list').map((span) => span.attributes['denwa.kind'])).toEqual(['stream'])
  })

  test('are linked to the span of their handshake, and no children of it', async () => {
    const [socket] = await client(traced)
    const [handshake] = named('GET /chat/lobby')
    socket.send({ type: 'tell', data: 'conflict' })
    await turn()
    const [span] = named('receive tell')
    expect(span?.links.map(({ context }) => context.spanId)).toEqual([
      handshake?.spanContext().spanId,
    ])
    expect(span?.spanContext().traceId).not.toBe(handshake?.spanContext().traceId)
    expect(span?.parentSpanContext).toBeUndefined()
  })

  test('are linked to nothing once the handshake is forgotten: those that came to nothing', () => {
    const granted = (id: string): void =>
      trace.getTracer('http').startActiveSpan('handshake', (span) => {
        emit({ type: 'granted', connection: id, route: '/' })
        span.end()
      })
    for (let i = 0; i <= 1000; i++) granted(`c_${i}`)
    for (const connection of ['c_0', 'c_1000']) {
      const of = { connection, route: '/' }
      emit({ type: 'open', ...of })
      emit({ type: 'handled', ...of, name: connection, kind: 'message', code: 'ok' })
      emit({ type: 'close', ...of, code: 1000, own: true, wasClean: true, durationMs: 1 })
      emit({ type: 'handled', ...of, name: connection, kind: 'message', code: 'lost' })
    }
    const links = (name: string): number[] => named(name).map((span) => span.links.length)
    expect(links('receive c_0')).toEqual([0, 0])
    expect(links('receive c_1000')).toEqual([1, 0])
  })

  test('of a publication: within the span that publishes, with the channel of the contract', async () => {
    const c = { env: {} } as never
    await trace.getTracer('http').startActiveSpan('POST /say', async (span) => {
      await at.in(c).channel('room/:room', { room: 'lobby' }).publish('said', 'é')
      span.end()
    })
    const [[parent], [span]] = [named('POST /say'), named('publish room/:room')]
    expect(span).toMatchObject({
      kind: SpanKind.PRODUCER,
      duration: [0, 0],
      attributes: {
        'messaging.system': 'websocket',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'room/:room',
        'messaging.message.body.size': 50,
        'network.io.direction': 'transmit',
        'denwa.event': 'said',
        'denwa.subscribers': 0,
      },
    })
    expect(span?.parentSpanContext?.spanId).toBe(parent?.spanContext().spanId)
  })
})

describe('metrics', () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  const of = { connection: 'c_1', route: '/chat/:room' }
  afterAll(() => provider.shutdown())

  /** What the documentation names, with its unit. */
  function documented(): string[] {
    const source = readFileSync(`${import.meta.dirname}/opentelemetry.ts`, 'utf8')
    const rows = source.matchAll(/^ \* \| `(denwa\.server\.[\w.]+)` \| [^|]+ \| `(.+?)` \|/gm)
    return [...rows].map(([, name, unit]) => `${name} ${unit}`)
  }

  /** What was measured, by name: its unit, and values with their attributes. */
  async function measured(...events: object[]): Promise<Record<string, unknown[]>> {
    metrics.disable()
    metrics.setGlobalMeterProvider(provider)
    stop = opentelemetry({ tracer: false })
    for (const event of events) emit(event as Observation)
    await reader.forceFlush()
    const [{ scopeMetrics } = { scopeMetrics: [] }] = exporter.getMetrics().slice(-1)
    const all = scopeMetrics.flatMap(({ metrics }) => metrics)
    return Object.fromEntries(
      all.map(({ descriptor, dataPoints }) => [
        `${descriptor.name} ${descriptor.unit}`,
        dataPoints.map(({ value, attributes }: { value: any; attributes: Attributes }) => [
          typeof value === 'number' ? value : value.sum,
          attributes,
        ]),
      ]),
    )
  }

  test('count what happens, with words of the program alone', async () => {
    const handled = { type: 'handled', ...of, name: 'say', kind: 'request' }
    const route = { 'denwa.route': '/chat/:room' }
    const said = { ...route, 'denwa.message': 'say', 'denwa.kind': 'request' }
    const channel = { 'messaging.destination.name': 'room/:room' }
    const [inbound, outbound] = ['receive', 'transmit'].map((direction) => ({
      ...route,
      'network.io.direction': direction,
    }))
    const all = await measured(
      { type: 'open', ...of },
      { type: 'open', ...of },
      { type: 'received', ...of, sizeBytes: 5 },
      { ...handled, code: 'ok', durationMs: 500 },
      { ...handled, code: 'conflict', durationMs: 1500 },
      { ...handled, name: '', code: 'unknown' },
      { type: 'sent', route: of.route, count: 3, sizeBytes: 20 },
      { type: 'published', channel: 'room/:room', event: 'said', count: 3, sizeBytes: 20 },
      { type: 'drop', ...of, channel: 'room/:room', count: 2 },
      { type: 'slow', ...of, waitingBytes: 9 },
      { type: 'error', ...of, where: 'request say', error: new Error('secret') },
      { type: 'error', where: 'handshake', error: new Error('secret') },
      { type: 'refused', route: '/chat/:room', status: 403, why: 'no' },
      { type: 'refused', route: '', status: 404, why: '404' },
      { type: 'close', ...of, code: 4202, own: true, wasClean: false, durationMs: 3000 },
    )
    expect(Object.keys(all)).toEqual(documented())
    expect(all).toEqual({
      'denwa.server.active_connections {connection}': [[1, route]],
      'denwa.server.connection.duration s': [[3, { ...route, 'denwa.close': 'slow' }]],
      'denwa.server.refused_handshakes {handshake}': [
        [
          1,
          { 'http.route': '/chat/:room', 'http.response.status_code': 403, 'denwa.reason': 'no' },
        ],
        [1, { 'http.response.status_code': 404, 'denwa.reason': '404' }],
      ],
      'denwa.server.messages {message}': [
        [1, inbound],
        [3, outbound],
      ],
      'denwa.server.io By': [
        [5, inbound],
        [60, outbound],
      ],
      'denwa.server.handled {message}': [
        [1, said],
        [1, { ...said, 'error.type': 'conflict' }],
        [1, { ...route, 'denwa.kind': 'request', 'error.type': 'unknown' }],
      ],
      'denwa.server.handler.duration s': [
        [0.5, said],
        [1.5, { ...said, 'error.type': 'conflict' }],
      ],
      'denwa.server.publications {publication}': [[1, { ...channel, 'denwa.event': 'said' }]],
      'denwa.server.dropped_publications {publication}': [[2, { ...route, ...channel }]],
      'denwa.server.slow_connections {connection}': [[1, route]],
      'denwa.server.errors {error}': [
        [1, { ...route, 'denwa.where': 'request say' }],
        [1, { 'denwa.where': 'handshake' }],
      ],
    })
  })
})

test('an end ends it: nothing is asked for any more', () => {
  opentelemetry()()
  emit({ type: 'published', channel: 'news', event: 'said', count: 0, sizeBytes: 1 })
  expect(spans.getFinishedSpans()).toEqual([])
  expect(Object.values(observed).filter((count) => count > 0)).toEqual([])
})

test('without an SDK it costs little and does nothing', () => {
  trace.disable()
  stop = opentelemetry()
  emit({ type: 'published', channel: 'news', event: 'said', count: 0, sizeBytes: 1 })
  expect(spans.getFinishedSpans()).toEqual([])
})

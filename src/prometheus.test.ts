import { readFileSync } from 'node:fs'
import { type OpenMetricsContentType, Registry } from 'prom-client'
import { afterEach, describe, expect, test } from 'vitest'
import { type CloseEvent, type Observation, emit, observed } from './observe.ts'
import { type PrometheusOptions, prometheus } from './prometheus.ts'

let stop = (): void => {}
afterEach(() => stop())

const of = { connection: 'c_1', route: '/chat/:room' }
const close = { type: 'close', ...of, code: 1000, own: false, wasClean: true, durationMs: 2000 }

/** What a page says after these events, without comments. */
async function page(options: PrometheusOptions, ...events: object[]): Promise<string[]> {
  const registry = new Registry()
  stop = prometheus(registry, options)
  for (const event of events) emit(event as Observation)
  return lines(await registry.metrics())
}

const lines = (text: string): string[] => text.split('\n').filter((line) => /^[^#]/.test(line))

describe('the page', () => {
  test('has every metric that the documentation names, and no other', async () => {
    const registry = new Registry()
    stop = prometheus(registry)
    const text = await registry.metrics()
    const source = readFileSync(`${import.meta.dirname}/prometheus.ts`, 'utf8')
    const documented = [...source.matchAll(/^ \* \| `(\w+)` \| (\w+) \|/gm)].map(
      ([, name, type]) => `# TYPE ${name} ${type}`,
    )
    expect(text.match(/^# TYPE .*$/gm)).toEqual(documented)
    expect(documented).toHaveLength(14)
  })

  test('counts connections, open and over', async () => {
    const open = { type: 'open', ...of }
    const all = await page({}, open, open, close)
    expect(all.slice(0, 2)).toEqual([
      'denwa_connections{route="/chat/:room"} 1',
      'denwa_connections_opened_total{route="/chat/:room"} 2',
    ])
    const name = 'denwa_connection_duration_seconds'
    const labels = 'route="/chat/:room",close="client"'
    const bounds = [1, 10, 60, 300, 900, 3600, 14_400, 43_200, 86_400, '+Inf']
    expect(all.slice(2)).toEqual([
      ...bounds.map((le, i) => `${name}_bucket{${labels},le="${le}"} ${i === 0 ? 0 : 1}`),
      `${name}_sum{${labels}} 2`,
      `${name}_count{${labels}} 1`,
    ])
  })

  test('counts messages and bytes, each subscriber of what the runtime sends by itself', async () => {
    const events = [
      { type: 'received', ...of, sizeBytes: 10 },
      { type: 'received', ...of, sizeBytes: 5 },
      { type: 'sent', route: '/chat/:room', count: 1000, sizeBytes: 50 },
      { type: 'published', channel: 'room/:room', event: 'said', count: 1000, sizeBytes: 50 },
    ]
    expect(await page({}, ...events)).toEqual([
      'denwa_messages_received_total{route="/chat/:room"} 2',
      'denwa_received_bytes_total{route="/chat/:room"} 15',
      'denwa_messages_sent_total{route="/chat/:room"} 1000',
      'denwa_sent_bytes_total{route="/chat/:room"} 50000',
      'denwa_published_total{channel="room/:room",event="said"} 1',
    ])
  })

  test('tells how long handlers took, and not of what no handler saw', async () => {
    const handled = { type: 'handled', ...of, name: 'say', kind: 'request', code: 'ok' }
    const all = await page(
      { buckets: [0.5, 1] },
      { ...handled, durationMs: 500 },
      { ...handled, durationMs: 1500 },
      { ...handled, code: 'rate_limited' },
    )
    const labels = 'route="/chat/:room",name="say",kind="request"'
    const name = 'denwa_handler_duration_seconds'
    expect(all).toEqual([
      `denwa_handled_total{${labels},code="ok"} 2`,
      `denwa_handled_total{${labels},code="rate_limited"} 1`,
      `${name}_bucket{${labels},le="0.5"} 1`,
      `${name}_bucket{${labels},le="1"} 1`,
      `${name}_bucket{${labels},le="+Inf"} 2`,
      `${name}_sum{${labels}} 2`,
      `${name}_count{${labels}} 2`,
    ])
  })

  test('counts what went wrong', async () => {
    const all = await page(
      {},
      { type: 'refused', route: '', status: 401, why: 'This "endpoint"' },
      { type: 'drop', ...of, channel: 'room/:room', count: 3 },
      { type: 'slow', ...of, waitingBytes: 5 },
      { type: 'error', ...of, where: 'request say', error: 'secret' },
      { type: 'error', where: 'handshake', error: 'secret' },
    )
    expect(all).toEqual([
      'denwa_handshakes_refused_total{route="",status="401",reason="This \\"endpoint\\""} 1',
      'denwa_dropped_total{route="/chat/:room",channel="room/:room"} 3',
      'denwa_slow_total{route="/chat/:room"} 1',
      'denwa_errors_total{route="/chat/:room",where="request say"} 1',
      'denwa_errors_total{route="",where="handshake"} 1',
    ])
  })

  test.each<[string, Partial<CloseEvent>[]]>([
    ['client', [{ code: 1000 }, { code: 1005 }, { code: 1011 }, { code: 4201 }]],
    ['lost', [{ code: 1006, wasClean: false }]],
    ['normal', [{ code: 1000, own: true }]],
    ['restart', [1001, 1012, 4200].map((code) => ({ code, own: true }))],
    ['silent', [{ code: 4201, own: true, wasClean: false }]],
    ['slow', [{ code: 4202, own: true }]],
    ['rate_limited', [{ code: 4203, own: true }]],
    ['overloaded', [{ code: 1013, own: true }]],
    ['credential', [4100, 4101, 4108].map((code) => ({ code, own: true }))],
    ['protocol', [1003, 1009, 4000].map((code) => ({ code, own: true }))],
    ['error', [1011, 4210].map((code) => ({ code, own: true }))],
    ['application', [4003, 4009, 4300, 4999, 3000].map((code) => ({ code, own: true }))],
  ])('has a word for how a connection ended: %s', async (word, ends) => {
    const all = await page({}, ...ends.map((end) => ({ ...close, ...end })))
    const counts = all.filter((line) => line.includes('_count'))
    expect(counts).toEqual([
      'denwa_connection_duration_seconds_count' +
        `{route="/chat/:room",close="${word}"} ${ends.length}`,
    ])
  })
})

test('a registry that speaks OpenMetrics gets them as it wants them', async () => {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  stop = prometheus(registry)
  emit({ type: 'slow', ...of, waitingBytes: 1 })
  const text = await registry.metrics()
  expect(text).toContain('# TYPE denwa_slow counter\ndenwa_slow_total{route="/chat/:room"} 1\n')
  stop()
  expect(await registry.metrics()).toBe('\n# EOF\n')
})

test('labels of the registry, and its JSON, hold as for all metrics', async () => {
  const registry = new Registry()
  registry.setDefaultLabels({ app: 'x' })
  stop = prometheus(registry, { prefix: 'ws_' })
  emit({ type: 'slow', ...of, waitingBytes: 1 })
  const json = await registry.getMetricsAsJSON()
  expect(json.find(({ name }) => name === 'ws_slow_total')).toEqual({
    name: 'ws_slow_total',
    help: 'Connections ended because the client read too slowly',
    type: 'counter',
    aggregator: 'sum',
    values: [{ value: 1, labels: { route: '/chat/:room', app: 'x' } }],
  })
})

test('what is open stays so when the registry begins again at nothing', async () => {
  const registry = new Registry()
  stop = prometheus(registry)
  emit({ type: 'open', ...of })
  registry.resetMetrics()
  expect(lines(await registry.metrics())).toEqual(['denwa_connections{route="/chat/:room"} 1'])
})

test('series are bounded: what is beyond them is counted together', async () => {
  const slow = Array.from({ length: 1200 }, (_, i) => ({
    ...{ type: 'slow', connection: 'c_1', waitingBytes: 1 },
    route: `/${i}`,
  }))
  const all = await page({}, ...slow)
  expect(all).toHaveLength(1001)
  expect(all.at(-1)).toBe('denwa_slow_total{route="other"} 200')
})

describe('an end', () => {
  test('takes metrics and observers away, and another beginning is fresh', async () => {
    const registry = new Registry()
    prometheus(registry)()
    expect(await registry.metrics()).toBe('\n')
    expect(observed.received).toBe(0)
    stop = prometheus(registry)
    emit({ type: 'slow', ...of, waitingBytes: 1 })
    expect(lines(await registry.metrics())).toEqual(['denwa_slow_total{route="/chat/:room"} 1'])
  })

  test('happens at once where a name is taken, and leaves what was there', async () => {
    const registry = new Registry()
    const first = prometheus(registry)
    emit({ type: 'slow', ...of, waitingBytes: 1 })
    expect(() => prometheus(registry)).toThrow(/already been registered/)
    expect(observed.received).toBe(1)
    expect(lines(await registry.metrics())).toHaveLength(1)
    first()
  })

  test('happens at once where buckets do not rise', () => {
    for (const buckets of [[0, 1], [1, 1], [2, 1], [NaN]]) {
      expect(() => prometheus(new Registry(), { buckets })).toThrow(RangeError)
    }
    expect(observed.received).toBe(0)
  })
})

/**
 * Metrics for Prometheus, in a registry of `prom-client` that is yours: all servers of this process
 * together. `npm i prom-client`.
 *
 * | metric | type | labels | what |
 * |---|---|---|---|
 * | `denwa_connections` | gauge | `route` | connections that are open |
 * | `denwa_connections_opened_total` | counter | `route` | connections accepted |
 * | `denwa_connection_duration_seconds` | histogram | `route`, `close` | how long connections lasted, by how they ended |
 * | `denwa_handshakes_refused_total` | counter | `route`, `status`, `reason` | handshakes refused |
 * | `denwa_messages_received_total` | counter | `route` | messages from clients |
 * | `denwa_received_bytes_total` | counter | `route` | their bytes, without what frames add |
 * | `denwa_messages_sent_total` | counter | `route` | messages to clients, each subscriber counted |
 * | `denwa_sent_bytes_total` | counter | `route` | their bytes, without what frames add |
 * | `denwa_handled_total` | counter | `route`, `name`, `kind`, `code` | messages and requests that came to an end |
 * | `denwa_handler_duration_seconds` | histogram | `route`, `name`, `kind` | from a message to its end, or to the last item of a stream |
 * | `denwa_published_total` | counter | `channel`, `event` | publications |
 * | `denwa_dropped_total` | counter | `route`, `channel` | publications that a client was too slow for |
 * | `denwa_slow_total` | counter | `route` | connections ended because the client read too slowly |
 * | `denwa_errors_total` | counter | `route`, `where` | exceptions in handlers |
 *
 * `close` is `client` or `lost` where the other side ended it, and where this side did `normal`,
 * `restart`, `silent`, `slow`, `rate_limited`, `overloaded`, `credential`, `protocol`, `error` or
 * `application`. Labels are words of the program: routes, names of the contract, codes. Nothing of
 * them is a client's choice, and of one metric there are at most 1000 series.
 *
 * A Worker cannot be scraped: use {@linkcode observe} there.
 *
 * @module
 */
import { type Observers, observe } from './observe.ts'
import { CONNECTION_SECONDS, HANDLER_SECONDS } from './observe/buckets.ts'
import { closeClass } from './observe/close-class.ts'
import { Counter, Gauge, Histogram } from './observe/metrics.ts'

/** A registry of `prom-client`, as far as it is used. */
export interface MetricRegistry {
  registerMetric(metric: any): void
  removeSingleMetric(name: string): void
}

/** Options of {@linkcode prometheus}. */
export interface PrometheusOptions {
  /** What all names begin with. @default {'denwa_'} */
  prefix?: string
  /** Upper bounds of `denwa_handler_duration_seconds`, in seconds, rising. @default {[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30]} */
  buckets?: readonly number[]
}

/**
 * Registers the metrics, and counts from now on: call it before the server listens. Returns a function
 * that ends both.
 *
 * @throws {RangeError} if the buckets do not rise
 * @throws {Error} of the registry, if it has a metric of such a name
 *
 * @example
 * ```ts
 * import { prometheus } from 'denwa/prometheus'
 * import { Hono } from 'hono'
 * import { register } from 'prom-client'
 *
 * prometheus(register)
 *
 * const app = new Hono()
 * app.get('/metrics', async (c) => {
 *   c.header('Content-Type', register.contentType)
 *   return c.text(await register.metrics())
 * })
 * ```
 */
export function prometheus(registry: MetricRegistry, options: PrometheusOptions = {}): () => void {
  const { prefix = 'denwa_', buckets = HANDLER_SECONDS } = options
  if (!buckets.every((bound, i) => bound > (buckets[i - 1] ?? 0))) {
    throw new RangeError(
      `Cannot use [${buckets.join(', ')}] as buckets: let them rise from above 0`,
    )
  }
  const metrics = metricsOf(prefix, buckets)
  const all = Object.values(metrics).map((metric) => [metric.name, metric] as const)
  const remove: (() => void)[] = []
  const stop = (): void => {
    for (const each of remove.splice(0)) each()
  }
  try {
    for (const [name, metric] of all) {
      registry.registerMetric(metric)
      remove.push(() => registry.removeSingleMetric(name))
    }
  } catch (error) {
    stop()
    throw error
  }
  remove.push(observe(observersOf(metrics)))
  return stop
}

type Metrics = ReturnType<typeof metricsOf>

function metricsOf(prefix: string, buckets: readonly number[]) {
  const counter = (name: string, help: string, ...labels: string[]): Counter =>
    new Counter(prefix + name, help, labels)
  const duration = 'connection_duration_seconds'
  const handler = 'handler_duration_seconds'
  return {
    connections: new Gauge(`${prefix}connections`, 'Connections that are open', ['route']),
    opened: counter('connections_opened_total', 'Connections accepted', 'route'),
    lasted: new Histogram(
      prefix + duration,
      'How long connections lasted',
      ['route', 'close'],
      CONNECTION_SECONDS,
    ),
    refused: counter(
      'handshakes_refused_total',
      'Handshakes refused',
      ...['route', 'status', 'reason'],
    ),
    received: counter('messages_received_total', 'Messages from clients', 'route'),
    receivedBytes: counter('received_bytes_total', 'Bytes of messages from clients', 'route'),
    sent: counter('messages_sent_total', 'Messages to clients', 'route'),
    sentBytes: counter('sent_bytes_total', 'Bytes of messages to clients', 'route'),
    handled: counter(
      'handled_total',
      'Messages and requests that came to an end',
      ...['route', 'name', 'kind', 'code'],
    ),
    took: new Histogram(
      prefix + handler,
      'From a message to its end',
      ['route', 'name', 'kind'],
      buckets,
    ),
    published: counter('published_total', 'Publications', 'channel', 'event'),
    dropped: counter(
      'dropped_total',
      'Publications that a client was too slow for',
      ...['route', 'channel'],
    ),
    slow: counter('slow_total', 'Connections ended because the client read too slowly', 'route'),
    errors: counter('errors_total', 'Exceptions in handlers', 'route', 'where'),
  }
}

function observersOf(metrics: Metrics): Observers {
  return {
    open({ route }) {
      metrics.connections.add(1, route)
      metrics.opened.add(1, route)
    },
    close(event) {
      const { route, durationMs } = event
      metrics.connections.add(-1, route)
      metrics.lasted.observe(durationMs / 1000, route, closeClass(event))
    },
    refused: ({ route, status, why }) => metrics.refused.add(1, route, `${status}`, why),
    received({ route, sizeBytes }) {
      metrics.received.add(1, route)
      metrics.receivedBytes.add(sizeBytes, route)
    },
    sent({ route, count, sizeBytes }) {
      metrics.sent.add(count, route)
      metrics.sentBytes.add(count * sizeBytes, route)
    },
    handled({ route, name, kind, code, durationMs }) {
      metrics.handled.add(1, route, name, kind, code)
      if (durationMs !== undefined) metrics.took.observe(durationMs / 1000, route, name, kind)
    },
    published: ({ channel, event }) => metrics.published.add(1, channel, event),
    drop: ({ route, channel, count }) => metrics.dropped.add(count, route, channel),
    slow: ({ route }) => metrics.slow.add(1, route),
    error: ({ route = '', where }) => metrics.errors.add(1, route, where),
  }
}

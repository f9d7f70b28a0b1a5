/**
 * Spans and metrics for OpenTelemetry, by `@opentelemetry/api` alone: what becomes of them is up to the
 * SDK that your application has set up. `npm i @opentelemetry/api`.
 *
 * There are no semantic conventions for WebSockets: spans take what fits from those for messaging, and
 * the names of metrics follow `signalr.server.*`.
 *
 * | span | kind | when |
 * |---|---|---|
 * | `receive say` | consumer | a message or request, from its arrival to its end |
 * | `publish room/:room` | producer | a publication, within the span that is active where it is published |
 *
 * | attribute | on | value |
 * |---|---|---|
 * | `messaging.system` | both | `websocket` |
 * | `messaging.operation.name` | both | `receive`, `publish` |
 * | `messaging.operation.type` | both | `process`, `send` |
 * | `network.io.direction` | both | `receive`, `transmit` |
 * | `messaging.destination.name` | `publish` | the channel as the contract has it: `room/:room` |
 * | `messaging.message.body.size` | `publish` | bytes |
 * | `denwa.subscribers` | `publish` | how many it went to |
 * | `denwa.event` | `publish` | the event's name |
 * | `denwa.route` | `receive` | `/chat/:room` |
 * | `denwa.message`, `denwa.kind` | `receive` | its name, and `message`, `request` or `stream` |
 * | `denwa.connection` | `receive` | the id of the connection |
 * | `error.type` | `receive` | the code of the error, if there was one |
 *
 * | metric | instrument | unit | attributes |
 * |---|---|---|---|
 * | `denwa.server.active_connections` | up-down counter | `{connection}` | `denwa.route` |
 * | `denwa.server.connection.duration` | histogram | `s` | `denwa.route`, `denwa.close` |
 * | `denwa.server.refused_handshakes` | counter | `{handshake}` | `http.route`, `http.response.status_code`, `denwa.reason` |
 * | `denwa.server.messages` | counter | `{message}` | `denwa.route`, `network.io.direction` |
 * | `denwa.server.io` | counter | `By` | `denwa.route`, `network.io.direction` |
 * | `denwa.server.handled` | counter | `{message}` | `denwa.route`, `denwa.message`, `denwa.kind`, `error.type` |
 * | `denwa.server.handler.duration` | histogram | `s` | the same |
 * | `denwa.server.publications` | counter | `{publication}` | `messaging.destination.name`, `denwa.event` |
 * | `denwa.server.dropped_publications` | counter | `{publication}` | `denwa.route`, `messaging.destination.name` |
 * | `denwa.server.slow_connections` | counter | `{connection}` | `denwa.route` |
 * | `denwa.server.errors` | counter | `{error}` | `denwa.route`, `denwa.where` |
 *
 * `denwa.close` has the words of the label `close` in `denwa/prometheus`.
 *
 * @module
 */
import { type Meter, type Tracer, metrics, trace } from '@opentelemetry/api'
import { observe } from './observe.ts'
import { metersOf } from './observe/meters.ts'
import { tracesOf } from './observe/traces.ts'

/** Options of {@linkcode opentelemetry}. */
export interface OpenTelemetryOptions {
  /** `false` for no spans. @default that of the global provider, named `denwa` */
  tracer?: Tracer | false
  /** `false` for no metrics. @default that of the global provider, named `denwa` */
  meter?: Meter | false
}

/**
 * Makes spans and metrics from now on: call it after the SDK is set up, and before the server listens.
 * Returns a function that ends it.
 *
 * A span of a message is linked to the span in which its handshake was granted, such as the one of
 * `@hono/otel`: it is no child of it, for that one has ended long before. Where the connection lives in
 * a Durable Object there is no such link. A span is made when a message has come to its end; so spans
 * that a handler makes are not within it.
 *
 * @example
 * ```ts
 * import { opentelemetry } from 'denwa/opentelemetry'
 *
 * opentelemetry()
 * ```
 */
export function opentelemetry(options: OpenTelemetryOptions = {}): () => void {
  const { tracer = trace.getTracer('denwa'), meter = metrics.getMeter('denwa') } = options
  const ends: (() => void)[] = []
  if (tracer) ends.push(observe(tracesOf(tracer)))
  if (meter) ends.push(observe(metersOf(meter)))
  return () => {
    for (const end of ends) end()
  }
}

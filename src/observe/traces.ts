import {
  type Attributes,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api'
import type { Observers } from '../observe.ts'

/** Handshakes that were granted and are no connections yet: the first is forgotten for one more. */
const MAX_PENDING = 1000

/** Codes that are the server's fault: all others tell a client what is wrong with its request. */
const FAULTS: ReadonlySet<string> = new Set(['internal', 'timeout', 'unavailable', 'overloaded'])

const RECEIVE: Attributes = {
  'messaging.system': 'websocket',
  'messaging.operation.name': 'receive',
  'messaging.operation.type': 'process',
  'network.io.direction': 'receive',
}
const PUBLISH: Attributes = {
  'messaging.system': 'websocket',
  'messaging.operation.name': 'publish',
  'messaging.operation.type': 'send',
  'network.io.direction': 'transmit',
}

/** A span for each message and publication. */
export function tracesOf(tracer: Tracer): Observers {
  const handshakes = new Handshakes()
  return {
    granted: ({ connection }) => handshakes.granted(connection),
    open: ({ connection }) => handshakes.opened(connection),
    close: ({ connection }) => handshakes.ended(connection),
    handled({ connection, route, name, kind, code, durationMs = 0 }) {
      const now = Date.now()
      const handshake = handshakes.of(connection)
      const attributes: Attributes = {
        ...RECEIVE,
        'denwa.route': route,
        'denwa.kind': kind,
        'denwa.connection': connection,
      }
      if (name !== '') attributes['denwa.message'] = name
      if (code !== 'ok') attributes['error.type'] = code
      const span = tracer.startSpan(name === '' ? 'receive' : `receive ${name}`, {
        kind: SpanKind.CONSUMER,
        // Whatever is active where the message ends has not led to it.
        root: true,
        startTime: now - durationMs,
        attributes,
        ...(handshake && { links: [{ context: handshake }] }),
      })
      if (FAULTS.has(code)) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end(now)
    },
    published({ channel, event, count, sizeBytes }) {
      const now = Date.now()
      const span = tracer.startSpan(`publish ${channel}`, {
        kind: SpanKind.PRODUCER,
        startTime: now,
        attributes: {
          ...PUBLISH,
          'messaging.destination.name': channel,
          'messaging.message.body.size': sizeBytes,
          'denwa.event': event,
          'denwa.subscribers': count,
        },
      })
      span.end(now)
    },
  }
}

/** The spans in which handshakes were granted, by connection. */
class Handshakes {
  readonly #pending = new Map<string, SpanContext>()
  readonly #open = new Map<string, SpanContext>()

  granted(connection: string): void {
    const context = trace.getActiveSpan()?.spanContext()
    if (!context || !isSpanContextValid(context)) return
    this.#pending.set(connection, context)
    if (this.#pending.size <= MAX_PENDING) return
    const [first] = this.#pending.keys()
    this.#pending.delete(first as string)
  }

  opened(connection: string): void {
    const context = this.#pending.get(connection)
    if (!context) return
    this.#pending.delete(connection)
    this.#open.set(connection, context)
  }

  ended(connection: string): void {
    this.#open.delete(connection)
  }

  of(connection: string): SpanContext | undefined {
    return this.#open.get(connection)
  }
}

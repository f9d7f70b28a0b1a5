import type { Attributes, Meter } from '@opentelemetry/api'
import type { Observers } from '../observe.ts'
import { CONNECTION_SECONDS, HANDLER_SECONDS } from './buckets.ts'
import { closeClass } from './close-class.ts'

/** Counts what happens, and how long it takes. */
export function metersOf(meter: Meter): Observers {
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(`denwa.server.${name}`, { unit, description })
  const histogram = (name: string, description: string, bounds: readonly number[]) =>
    meter.createHistogram(`denwa.server.${name}`, {
      unit: 's',
      description,
      advice: { explicitBucketBoundaries: [...bounds] },
    })
  const active = meter.createUpDownCounter('denwa.server.active_connections', {
    unit: '{connection}',
    description: 'Connections that are open',
  })
  const lasted = histogram('connection.duration', 'How long connections lasted', CONNECTION_SECONDS)
  const refused = counter('refused_handshakes', '{handshake}', 'Handshakes refused')
  const messages = counter('messages', '{message}', 'Messages from and to clients')
  const io = counter('io', 'By', 'Bytes of messages from and to clients')
  const handled = counter('handled', '{message}', 'Messages and requests that came to an end')
  const took = histogram('handler.duration', 'From a message to its end', HANDLER_SECONDS)
  const published = counter('publications', '{publication}', 'Publications')
  const dropped = counter(
    'dropped_publications',
    '{publication}',
    'Publications that a client was too slow for',
  )
  const slow = counter('slow_connections', '{connection}', 'Clients that read too slowly')
  const errors = counter('errors', '{error}', 'Exceptions in handlers')

  const carried = (route: string, direction: string, count: number, bytes: number): void => {
    const attributes = { 'denwa.route': route, 'network.io.direction': direction }
    messages.add(count, attributes)
    io.add(bytes, attributes)
  }
  return {
    open: ({ route }) => active.add(1, { 'denwa.route': route }),
    close(event) {
      const { route, durationMs } = event
      active.add(-1, { 'denwa.route': route })
      lasted.record(durationMs / 1000, { 'denwa.route': route, 'denwa.close': closeClass(event) })
    },
    refused: ({ route, status, why }) =>
      refused.add(1, {
        ...(route !== '' && { 'http.route': route }),
        'http.response.status_code': status,
        'denwa.reason': why,
      }),
    received: ({ route, sizeBytes }) => carried(route, 'receive', 1, sizeBytes),
    sent: ({ route, count, sizeBytes }) => carried(route, 'transmit', count, count * sizeBytes),
    handled({ route, name, kind, code, durationMs }) {
      const attributes: Attributes = { 'denwa.route': route, 'denwa.kind': kind }
      if (name !== '') attributes['denwa.message'] = name
      if (code !== 'ok') attributes['error.type'] = code
      handled.add(1, attributes)
      if (durationMs !== undefined) took.record(durationMs / 1000, attributes)
    },
    published: ({ channel, event }) =>
      published.add(1, { 'messaging.destination.name': channel, 'denwa.event': event }),
    drop: ({ route, channel, count }) =>
      dropped.add(count, { 'denwa.route': route, 'messaging.destination.name': channel }),
    slow: ({ route }) => slow.add(1, { 'denwa.route': route }),
    error: ({ route, where }) =>
      errors.add(1, { ...(route !== undefined && { 'denwa.route': route }), 'denwa.where': where }),
  }
}

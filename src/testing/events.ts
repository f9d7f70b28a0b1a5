import type { App } from '../handshake/admit.ts'
import type { Timers } from '../runtime/port.ts'
import { systemTimers } from '../runtime/timers.ts'
import { Sockets, wireLimits } from '../serve.ts'

/** Options of {@linkcode events}. */
export interface EventsOptions extends RequestInit {
  /** Bindings: what handlers see as `c.env`. */
  env?: object
  /** Time for the stream, such as a {@linkcode TestClock}. */
  clock?: Timers
  /** Most bytes that may wait for one who does not read. @default {1048576} */
  maxQueueBytes?: number
}

/**
 * What `app.request()` is to HTTP: the answer to who reads a channel by server-sent events, in memory,
 * without a server.
 *
 * @example
 * ```ts
 * import { contract, socket } from 'denwa'
 * import { events } from 'denwa/testing'
 * import { Hono } from 'hono'
 * import { z } from 'zod'
 *
 * const news = contract({ channels: { news: { events: { said: z.string() } } } })
 * const feed = socket(news, { events: 'news', channels: { news: { join: () => true } } })
 *
 * const response = await events(new Hono().get('/news', feed), '/news')
 * response.status // 200
 * await response.body?.cancel()
 * ```
 */
export async function events(
  app: App,
  path: string,
  options: EventsOptions = {},
): Promise<Response> {
  const { env = {}, clock = systemTimers, maxQueueBytes, ...init } = options
  const headers = new Headers({ Host: 'localhost', Accept: 'text/event-stream' })
  new Headers(init.headers).forEach((value, name) => headers.set(name, value))
  const request = new Request(new URL(path, 'http://localhost'), { ...init, headers })
  const limits = wireLimits(maxQueueBytes === undefined ? {} : { maxQueueBytes })
  return new Sockets(limits, clock).plain(app, request, env, env)
}

/**
 * Serves a Hono app on Bun.
 *
 * @module
 */
import type { App } from './handshake/admit.ts'
import { refusal } from './handshake/refusal.ts'
import { asksForEvents } from './handshake/knock.ts'
import { asksForWebSocket, isHost } from './handshake/request.ts'
import { tell, told } from './handshake/told.ts'
import { type BunServer, bunWebSocket, upgradeBun } from './runtime/bun.ts'
import { systemTimers } from './runtime/timers.ts'
import {
  type CloseOptions,
  DEFAULT_PORT,
  type ServeOptions,
  type Server,
  Sockets,
  urlOf,
  wireLimits,
} from './serve.ts'

export type { CloseOptions, ServeOptions, Server } from './serve.ts'

/** What `Bun.serve` takes. */
export interface BunHandler {
  fetch: (request: Request, server: unknown) => Promise<Response | undefined>
  websocket: object
  port?: number
  hostname?: string
  /** Ends all connections that it has accepted, as `close` of a server does. */
  close(options?: CloseOptions): Promise<void>
}

declare const Bun: { serve(options: Omit<BunHandler, 'close'>): BunServer }

/**
 * What a Bun server is made of: `export default handler(app)`.
 *
 * @throws {RangeError} if an option is out of range
 *
 * @example
 * ```ts
 * import { handler } from 'denwa/bun'
 * import { Hono } from 'hono'
 *
 * export default handler(new Hono(), { port: 3000 })
 * ```
 */
export function handler(app: App, options: ServeOptions = {}): BunHandler {
  const sockets = new Sockets(wireLimits(options), systemTimers)
  return Object.assign(handlerWith(app, options, sockets), {
    close: (how?: CloseOptions) => sockets.close(how),
  })
}

function handlerWith(app: App, options: ServeOptions, sockets: Sockets): Omit<BunHandler, 'close'> {
  const env = options.env ?? {}
  return {
    async fetch(request, given) {
      const server = given as BunServer
      if (!asksForWebSocket(request.headers)) {
        // Bun ends a response on which nothing was written for ten seconds.
        if (asksForEvents(request)) server.timeout(request, 0)
        // A stream that is broken off would be printed as an error; one that stands still for a second ends.
        const cut = (): void => server.timeout(request, 1)
        return sockets.plain(app, request, { server, ...env }, env, cut)
      }
      if (!isHost(request.headers.get('host'))) return tell(refusal(400, 'Bad Request'))
      return sockets.admit(app, request, { server, ...env }, ({ upgrade, headers }) =>
        upgradeBun(server, request, upgrade, headers, env)
          ? undefined
          : told(app, request, refusal(400, 'Bad Request')),
      )
    },
    websocket: bunWebSocket(sockets.limits),
    ...(options.port !== undefined && { port: options.port }),
    ...(options.hostname !== undefined && { hostname: options.hostname }),
  }
}

/**
 * Listens, and resolves when it does.
 *
 * @throws {RangeError} if an option is out of range
 *
 * @example
 * ```ts
 * import { serve } from 'denwa/bun'
 * import { Hono } from 'hono'
 *
 * const server = await serve(new Hono(), { port: 0 })
 * await server.close()
 * ```
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<Server> {
  const sockets = new Sockets(wireLimits(options), systemTimers)
  const server = Bun.serve(handlerWith(app, { port: DEFAULT_PORT, ...options }, sockets))
  return {
    url: urlOf(options.hostname, server.port),
    close: (how) =>
      sockets.close(how, {
        stop: () => void server.stop(),
        get busy() {
          return server.pendingRequests > 0
        },
        cut: () => server.stop(true),
      }),
  }
}

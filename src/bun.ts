/**
 * Serves a Hono app on Bun.
 *
 * @module
 */
import { checkLimits } from './connection/behaviour.ts'
import { type App, admit } from './handshake/admit.ts'
import { refusal } from './handshake/refusal.ts'
import { asksForWebSocket, isHost } from './handshake/request.ts'
import { type BunServer, bunWebSocket, upgradeBun } from './runtime/bun.ts'
import { MAX_MESSAGE_BYTES } from './runtime/port.ts'
import { systemTimers } from './runtime/timers.ts'
import { DEFAULT_PORT, type ServeOptions, type Server, urlOf } from './serve.ts'

export type { ServeOptions, Server } from './serve.ts'

/** What `Bun.serve` takes. */
export interface BunHandler {
  fetch: (request: Request, server: unknown) => Promise<Response | undefined>
  websocket: object
  port?: number
  hostname?: string
}

declare const Bun: { serve(options: BunHandler): BunServer }

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
  checkLimits({ maxMessageBytes: options.maxMessageBytes })
  const env = options.env ?? {}
  return {
    async fetch(request, given) {
      const server = given as BunServer
      if (!asksForWebSocket(request.headers)) return app.fetch(request, { server, ...env })
      if (!isHost(request.headers.get('host'))) return refusal(400, 'Bad Request')
      const outcome = await admit(app, request, { server, ...env }, systemTimers)
      if (outcome instanceof Response) return outcome
      return upgradeBun(server, request, outcome.upgrade, outcome.headers, env)
        ? undefined
        : refusal(400, 'Bad Request')
    },
    websocket: bunWebSocket(options.maxMessageBytes ?? MAX_MESSAGE_BYTES),
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
  const server = Bun.serve(handler(app, { port: DEFAULT_PORT, ...options }))
  return {
    url: urlOf(options.hostname, server.port),
    close: () => server.stop(true),
  }
}

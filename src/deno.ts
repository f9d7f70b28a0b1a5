/**
 * Serves a Hono app on Deno and Deno Deploy.
 *
 * @module
 */
import { beatOf } from './connection/heartbeat.ts'
import type { App } from './handshake/admit.ts'
import { refusal } from './handshake/refusal.ts'
import { asksForWebSocket, isHost } from './handshake/request.ts'
import { HANG_UP, closingResponse, denoTimers, upgradeDeno } from './runtime/deno.ts'
import {
  DEFAULT_PORT,
  type ServeOptions,
  type Server,
  Sockets,
  urlOf,
  wireLimits,
} from './serve.ts'

export type { CloseOptions, ServeOptions, Server } from './serve.ts'

/** What `Deno.serve` takes. */
export type DenoHandler = (request: Request, info?: unknown) => Promise<Response>

interface DenoServer {
  readonly addr: { readonly port: number }
  shutdown(): Promise<void>
}
declare const Deno: {
  serve(
    options: {
      port: number
      hostname?: string
      onListen(): void
      onError(error: unknown): Response
    },
    handler: DenoHandler,
  ): DenoServer
}

/**
 * The handler of a Deno server: `Deno.serve(handler(app))`, or the default export on Deno Deploy.
 *
 * @throws {RangeError} if an option is out of range
 *
 * @example
 * ```ts
 * import { handler } from 'denwa/deno'
 * import { Hono } from 'hono'
 *
 * export default { fetch: handler(new Hono()) }
 * ```
 */
export function handler(app: App, options: ServeOptions = {}): DenoHandler {
  return handlerWith(app, options, socketsOf(options), (response) => response)
}

function socketsOf(options: ServeOptions): Sockets {
  return new Sockets(wireLimits(options), denoTimers)
}

function handlerWith(
  app: App,
  options: ServeOptions,
  sockets: Sockets,
  refused: (response: Response) => Response | Promise<Response>,
): DenoHandler {
  const env = options.env ?? {}
  return async (request, info) => {
    // A getter of its prototype: a copy would not have it.
    const bindings = {
      remoteAddr: (info as { remoteAddr?: unknown } | undefined)?.remoteAddr,
      ...env,
    }
    if (!asksForWebSocket(request.headers)) return app.fetch(request, bindings)
    if (!isHost(request.headers.get('host'))) return refused(refusal(400, 'Bad Request'))
    const outcome = await sockets.admit(app, request, bindings)
    if (outcome instanceof Response) return refused(outcome)
    const { upgrade, headers } = outcome
    const { intervalMs, timeoutMs } = beatOf(upgrade.snapshot.follows)
    return upgradeDeno(request, upgrade, headers, sockets.limits, intervalMs + timeoutMs, env)
  }
}

/**
 * Listens, and resolves when it does.
 *
 * @throws {RangeError} if an option is out of range
 *
 * @example
 * ```ts
 * import { serve } from 'denwa/deno'
 * import { Hono } from 'hono'
 *
 * const server = await serve(new Hono(), { port: 0 })
 * await server.close()
 * ```
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<Server> {
  const { hostname } = options
  const sockets = socketsOf(options)
  const server = Deno.serve(
    {
      port: options.port ?? DEFAULT_PORT,
      ...(hostname !== undefined && { hostname }),
      // Without it Deno prints an address
      onListen() {},
      onError(error) {
        if (error !== HANG_UP) throw error
        return refusal(500, 'Internal Server Error')
      },
    },
    handlerWith(app, options, sockets, closingResponse),
  )
  return {
    url: urlOf(hostname, server.addr.port),
    async close(how) {
      await sockets.drain(how)
      await server.shutdown()
    },
  }
}

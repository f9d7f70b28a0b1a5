/**
 * Serves a Hono app on Deno and Deno Deploy.
 *
 * @module
 */
import { beatOf } from './connection/heartbeat.ts'
import type { App } from './handshake/admit.ts'
import { refusal } from './handshake/refusal.ts'
import { asksForWebSocket, isHost } from './handshake/request.ts'
import { tell } from './handshake/told.ts'
import {
  HANG_UP,
  Opening,
  closingResponse,
  denoTimers,
  keepHeaders,
  upgradeDeno,
} from './runtime/deno.ts'
import type { Cut } from './runtime/events.ts'
import {
  type CloseOptions,
  DEFAULT_PORT,
  type ServeOptions,
  type Server,
  Sockets,
  ending,
  urlOf,
  wireLimits,
} from './serve.ts'

export type { CloseOptions, ServeOptions, Server } from './serve.ts'

/** What `Deno.serve` takes. */
export interface DenoHandler {
  (request: Request, info?: unknown): Promise<Response>
  /** Ends all connections that it has accepted, as `close` of a server does. */
  close(options?: CloseOptions): Promise<void>
}

type Answer = (request: Request, info?: unknown) => Promise<Response>

interface DenoServer {
  readonly addr: { readonly port: number }
  readonly finished: Promise<void>
}
interface Info {
  readonly remoteAddr: unknown
  /** Settles when Deno has the whole response, or the client has gone. */
  readonly completed: Promise<void>
}

/** How long Deno may take to write what it has. */
const FLUSH_MS = 100

/** Ends the connection of a client that does not read its stream. */
const cut: Cut = (stream) => stream.error(HANG_UP)

declare const Deno: {
  serve(
    options: {
      port: number
      hostname?: string
      signal: AbortSignal
      onListen(): void
      onError(error: unknown): Response
    },
    handler: Answer,
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
  const opening = new Opening()
  const sockets = socketsOf(options, opening)
  return Object.assign(
    handlerWith(app, options, sockets, opening, (response) => response),
    { close: (how?: CloseOptions) => sockets.close(how) },
  )
}

function socketsOf(options: ServeOptions, opening: Opening): Sockets {
  return new Sockets(wireLimits(options), denoTimers, opening)
}

function handlerWith(
  app: App,
  options: ServeOptions,
  sockets: Sockets,
  opening: Opening,
  refused: (response: Response) => Response | Promise<Response>,
): Answer {
  const env = options.env ?? {}
  return async (request, info) => {
    // A getter of its prototype: a copy would not have it.
    const bindings = {
      remoteAddr: (info as Info | undefined)?.remoteAddr,
      ...env,
    }
    if (!asksForWebSocket(request.headers)) return sockets.plain(app, request, bindings, env, cut)
    if (!isHost(request.headers.get('host'))) return refused(tell(refusal(400, 'Bad Request')))
    keepHeaders(request)
    const answer = await sockets.admit(app, request, bindings, ({ upgrade, headers }) => {
      const { intervalMs, timeoutMs } = beatOf(upgrade.snapshot.follows)
      const silenceMs = intervalMs + timeoutMs
      return upgradeDeno(request, upgrade, headers, sockets.limits, silenceMs, env, opening)
    })
    return refused(answer)
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
  const opening = new Opening()
  const sockets = socketsOf(options, opening)
  const answer = handlerWith(app, options, sockets, opening, closingResponse)
  const end = new AbortController()
  let stopped = false
  let answering = 0
  let answeredAt = -Infinity
  const server = Deno.serve(
    {
      port: options.port ?? DEFAULT_PORT,
      ...(hostname !== undefined && { hostname }),
      signal: end.signal,
      // Without it Deno prints an address
      onListen() {},
      onError(error) {
        if (error !== HANG_UP) throw error
        return refusal(500, 'Internal Server Error')
      },
    },
    (request, info) => {
      if (stopped) return closingResponse(ending())
      answering++
      const answered = (): void => {
        answering--
        answeredAt = denoTimers.now()
      }
      ;(info as Info).completed.then(answered, answered)
      return answer(request, info)
    },
  )
  return {
    url: urlOf(hostname, server.addr.port),
    close: (how) =>
      sockets.close(how, {
        // Not by `shutdown()`: it waits for ever for a response without end, and to abort what it has
        // begun throws.
        stop: () => void (stopped = true),
        get busy() {
          return answering > 0 || denoTimers.now() < answeredAt + FLUSH_MS
        },
        cut() {
          end.abort()
          return server.finished
        },
      }),
  }
}

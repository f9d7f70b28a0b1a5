/**
 * Serves a Hono app on Node, WebSockets by `ws`, HTTP by `@hono/node-server`.
 *
 * @module
 */
import { type IncomingMessage, type Server as HttpServer, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { App } from './handshake/admit.ts'
import { refusal, upgradeRequired } from './handshake/refusal.ts'
import { hasToken, isHost } from './handshake/request.ts'
import { tell } from './handshake/told.ts'
import { NodeUpgrader, nodeTimers } from './runtime/node.ts'
import { refuse, toHandshake } from './runtime/node-http.ts'
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

/**
 * Listens, and resolves when it does.
 *
 * @throws {RangeError} if an option is out of range
 *
 * @example
 * ```ts
 * import { serve } from 'denwa/node'
 * import { Hono } from 'hono'
 *
 * const server = await serve(new Hono(), { port: 0 })
 * await server.close()
 * ```
 */
export async function serve(app: App, options: ServeOptions = {}): Promise<Server> {
  const sockets = socketsOf(options)
  const handshakes = new Set<Duplex>()
  const env = options.env ?? {}
  const fetch = (request: Request, bindings: object): Response | Promise<Response> => {
    const { incoming } = bindings as { readonly incoming?: IncomingMessage }
    return sockets.plain(app, request, { ...bindings, ...env }, env, () => incoming?.destroy())
  }
  const server = createServer(
    { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, shouldUpgradeCallback } as object,
    getRequestListener(fetch as Parameters<typeof getRequestListener>[0], {
      overrideGlobalObjects: false,
    }),
  )
  // With a limit Node 20 drops the headers beyond it, the Upgrade header included; the bytes of a
  // head stay limited.
  server.maxHeadersCount = 0
  server.on('upgrade', listenerWith(app, options, sockets, handshakes))
  let answering = 0
  server.on('request', (_, response) => {
    answering++
    response.once('close', () => answering--)
  })
  await listen(server, options)
  return {
    url: urlOf(options.hostname, (server.address() as AddressInfo).port),
    close: (how) =>
      sockets.close(how, {
        stop: () => void server.close(),
        get busy() {
          return answering + handshakes.size > 0
        },
        async cut() {
          destroyAll(handshakes)
          const closed = new Promise<void>((resolve) => server.close(() => resolve()))
          // `close` waits for connections on which nothing was ever asked.
          server.closeAllConnections()
          await closed
        },
      }),
  }
}

/** An `upgrade` listener, and how to end its sockets. */
export interface UpgradeListener {
  (incoming: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Ends all connections that it has accepted, as `close` of a server does. */
  close(options?: CloseOptions): Promise<void>
}

/**
 * The `upgrade` listener of `serve`, for an HTTP server of your own: it answers every request that
 * it is given.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { upgradeListener } from 'denwa/node'
 * import { Hono } from 'hono'
 *
 * createServer().on('upgrade', upgradeListener(new Hono()))
 * ```
 */
export function upgradeListener(app: App, options: ServeOptions = {}): UpgradeListener {
  const sockets = socketsOf(options)
  const handshakes = new Set<Duplex>()
  return Object.assign(listenerWith(app, options, sockets, handshakes), {
    close: (how?: CloseOptions) =>
      sockets.close(how, {
        get busy() {
          return handshakes.size > 0
        },
        cut: () => destroyAll(handshakes),
      }),
  })
}

function socketsOf(options: ServeOptions): Sockets {
  return new Sockets(wireLimits(options), nodeTimers)
}

/** Keeps in `handshakes` those that are being answered. */
function listenerWith(
  app: App,
  options: ServeOptions,
  sockets: Sockets,
  handshakes: Set<Duplex>,
): (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const upgrader = new NodeUpgrader(sockets.limits)
  const env = options.env ?? {}
  return (incoming, socket, head) => {
    // A reset while the handshake thinks is an 'error': without a listener it ends the process.
    socket.on('error', destroy)
    // Pipelined behind a request that is still being answered: the two answers would mix.
    if ((socket as { _httpMessage?: unknown })._httpMessage) {
      socket.destroy()
      return
    }
    const answer = async (): Promise<void> => {
      const handshake = isHost(incoming.headers.host) ? toHandshake(incoming, socket) : undefined
      if (!handshake || incoming.httpVersion !== '1.1') {
        return refuse(incoming, socket, tell(refusal(400, 'Bad Request')))
      }
      const { request, release } = handshake
      if (!hasToken(request.headers.get('upgrade'), 'websocket')) {
        return refuse(incoming, socket, upgradeRequired('Only WebSocket is spoken here', true))
      }
      const refused = await sockets.admit(app, request, { incoming, ...env }, (admitted) => {
        release()
        upgrader.upgrade(incoming, socket, head, admitted.upgrade, admitted.headers, env)
      })
      if (refused) return refuse(incoming, socket, refused)
    }
    handshakes.add(socket)
    answer()
      .catch(() => socket.destroy())
      .finally(() => handshakes.delete(socket))
  }
}

function destroyAll(sockets: Iterable<Duplex>): void {
  for (const socket of sockets) socket.destroy()
}

// Functions of their own: a closure here would keep the request alive as long as its socket.

function destroy(this: Duplex): void {
  this.destroy()
}

/** Node from 24.9 on asks: what is no WebSocket stays an ordinary request, as HTTP allows. */
function shouldUpgradeCallback(incoming: IncomingMessage): boolean {
  return hasToken(incoming.headers.upgrade, 'websocket')
}

function listen(server: HttpServer, options: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? DEFAULT_PORT, options.hostname, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

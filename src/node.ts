/**
 * Serves a Hono app on Node, WebSockets by `ws`, HTTP by `@hono/node-server`.
 *
 * @module
 */
import { type IncomingMessage, type Server as HttpServer, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { checkLimits } from './connection/behaviour.ts'
import { type App, admit } from './handshake/admit.ts'
import { refusal, upgradeRequired } from './handshake/refusal.ts'
import { hasToken, isHost } from './handshake/request.ts'
import { MAX_MESSAGE_BYTES } from './runtime/port.ts'
import { NodeUpgrader, nodeTimers } from './runtime/node.ts'
import { refuse, toHandshake } from './runtime/node-http.ts'
import { DEFAULT_PORT, type ServeOptions, type Server, urlOf } from './serve.ts'

export type { ServeOptions, Server } from './serve.ts'

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
  const upgrade = upgradeListener(app, options)
  const env = options.env ?? {}
  const fetch = (request: Request, bindings: object): Response | Promise<Response> =>
    app.fetch(request, { ...bindings, ...env })
  const server = createServer(
    { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, shouldUpgradeCallback } as object,
    getRequestListener(fetch as Parameters<typeof getRequestListener>[0], {
      overrideGlobalObjects: false,
    }),
  )
  // With a limit Node 20 drops the headers beyond it, the Upgrade header included; the bytes of a
  // head stay limited.
  server.maxHeadersCount = 0
  const sockets = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    track(sockets, socket)
    upgrade(request, socket, head)
  })
  await listen(server, options)
  return {
    url: urlOf(options.hostname, (server.address() as AddressInfo).port),
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      return closed
    },
  }
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
export function upgradeListener(
  app: App,
  options: ServeOptions = {},
): (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void {
  checkLimits({ maxMessageBytes: options.maxMessageBytes })
  const upgrader = new NodeUpgrader(options.maxMessageBytes ?? MAX_MESSAGE_BYTES)
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
        return refuse(incoming, socket, refusal(400, 'Bad Request'))
      }
      const { request, release } = handshake
      if (!hasToken(request.headers.get('upgrade'), 'websocket')) {
        return refuse(incoming, socket, upgradeRequired('Only WebSocket is spoken here', true))
      }
      const env = options.env ?? {}
      const outcome = await admit(app, request, { incoming, ...env }, nodeTimers)
      if (outcome instanceof Response) return refuse(incoming, socket, outcome)
      release()
      upgrader.upgrade(incoming, socket, head, outcome.upgrade, outcome.headers, env)
    }
    answer().catch(() => socket.destroy())
  }
}

// Functions of their own: a closure here would keep the request alive as long as its socket.

function destroy(this: Duplex): void {
  this.destroy()
}

function track(sockets: Set<Duplex>, socket: Duplex): void {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
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

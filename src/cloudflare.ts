/**
 * Serves a Hono app on Cloudflare Workers, its sockets in a plain Worker or in Durable Objects.
 *
 * @module
 */
import { checkLimits } from './connection/behaviour.ts'
import { type App, admit } from './handshake/admit.ts'
import { refusal } from './handshake/refusal.ts'
import { asksForWebSocket, isHost } from './handshake/request.ts'
import { MAX_MESSAGE_BYTES } from './runtime/port.ts'
import { systemTimers } from './runtime/timers.ts'
import { type WorkerContext, upgradePair } from './runtime/worker.ts'
import type { ServeOptions } from './serve.ts'

export { durableSocket } from './durable-socket.ts'
export type { DurableObjectClass, DurableObjectStub } from './durable-socket.ts'

/** A Worker's default export. */
export interface WorkerHandler {
  fetch(request: Request, env: object, context: WorkerContext): Promise<Response>
}

/**
 * The Worker of an app: `export default handler(app)`.
 *
 * @example
 * ```ts
 * import { handler } from 'denwa/cloudflare'
 * import { Hono } from 'hono'
 *
 * export default handler(new Hono())
 * ```
 */
export function handler(
  app: App,
  options: Pick<ServeOptions, 'maxMessageBytes'> = {},
): WorkerHandler {
  checkLimits({ maxMessageBytes: options.maxMessageBytes })
  const most = options.maxMessageBytes ?? MAX_MESSAGE_BYTES
  return {
    async fetch(request, env, context) {
      if (!asksForWebSocket(request.headers)) return app.fetch(request, env, context)
      if (!isHost(request.headers.get('host'))) return refusal(400, 'Bad Request')
      const outcome = await admit(app, request, env, systemTimers, context)
      if (outcome instanceof Response) return outcome
      const { upgrade, headers } = outcome
      return upgrade.forward
        ? upgrade.forward(headers)
        : upgradePair(upgrade, headers, most, env, context)
    },
  }
}

/**
 * Serves a Hono app on Cloudflare Workers, its sockets in a plain Worker or in Durable Objects.
 *
 * @module
 */
import { type App, admit } from './handshake/admit.ts'
import { refusal } from './handshake/refusal.ts'
import { knocksForEvents } from './handshake/knock.ts'
import { asksForWebSocket, isHost } from './handshake/request.ts'
import { tell } from './handshake/told.ts'
import { systemTimers } from './runtime/timers.ts'
import { type WorkerContext, upgradePair } from './runtime/worker.ts'
import { type ServeOptions, wireLimits } from './serve.ts'

export { durableChannels } from './durable-channels.ts'
export type {
  ChannelsObject,
  ChannelsObjectClass,
  DurableObjectNamespace,
} from './durable-channels.ts'
export { durableSocket } from './durable-socket.ts'
export type {
  DurableObjectClass,
  DurableObjectStub,
  DurableSocketOptions,
  SocketObject,
} from './durable-socket.ts'

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
  options: Pick<ServeOptions, 'maxMessageBytes' | 'maxQueueBytes'> = {},
): WorkerHandler {
  const limits = wireLimits(options)
  const handshake: WorkerHandler['fetch'] = async (request, env, context) => {
    if (!isHost(request.headers.get('host'))) return tell(refusal(400, 'Bad Request'))
    const outcome = await admit(app, request, env, systemTimers, context)
    if (outcome instanceof Response) return outcome
    const { upgrade, headers } = outcome
    // Of a reset nothing else tells, and this with the flag `enable_request_signal` alone.
    if (request.signal.aborted) {
      upgrade.ended?.()
      return refusal(400, 'Bad Request')
    }
    if (!upgrade.forward && upgrade.snapshot.events) {
      upgrade.ended?.()
      return tell(refusal(501, 'There are no channels in a plain Worker: use durableSocket()'))
    }
    if (!upgrade.forward) return upgradePair(upgrade, headers, limits, env, context)
    const response = await upgrade.forward(headers)
    // From here on the connection is counted where it lives.
    upgrade.ended?.()
    return response
  }
  return {
    async fetch(request, env, context) {
      if (!asksForWebSocket(request.headers) && !knocksForEvents(app, request)) {
        return app.fetch(request, env, context)
      }
      const answer = handshake(request, env, context)
      // It would not go on if the client left, and what it holds would be held for ever.
      context.waitUntil(answer)
      return answer
    },
  }
}

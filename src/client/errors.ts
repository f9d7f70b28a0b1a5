import type { Issue } from '../protocol/frame.ts'
import { MAX_PAUSE_MS } from './backoff.ts'

/**
 * Why a request has no result: an error of the server by its code, or `connection_lost` (it may have taken
 * effect), `timeout`, `aborted`, `queue_full` or `too_large`, which the client finds by itself.
 *
 * @example
 * ```ts
 * import { RequestError, type Socket } from 'denwa/client'
 *
 * export async function say(socket: Socket, text: string): Promise<void> {
 *   try {
 *     await socket.request('say', { text })
 *   } catch (error) {
 *     if (!(error instanceof RequestError && error.code === 'forbidden')) throw error
 *   }
 * }
 * ```
 */
export class RequestError extends Error {
  declare readonly name: 'RequestError'
  declare readonly code: string
  /** Milliseconds after which a retry is worth it. */
  declare readonly retryAfterMs: number | undefined
  /** Where what was sent breaks its schema. */
  declare readonly issues: readonly Issue[]

  /** `told`: what the server says of it, whatever that is. */
  constructor(code: string, told?: unknown) {
    const { message = code, retryAfter, issues = [] } = Object(told)
    super(message)
    this.name = 'RequestError'
    this.code = code
    this.retryAfterMs = retryAfter >= 0 ? Math.min(retryAfter, MAX_PAUSE_MS) : undefined
    this.issues = issues
  }
}

/** The error in a frame, whatever is there. */
export function errorOf(error: unknown): RequestError {
  return new RequestError(Object(error).code ?? 'internal', error)
}

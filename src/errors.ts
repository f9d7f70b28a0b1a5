/** The stable words of an error frame's `code`; an application may add its own. */
export type ErrorCode =
  | 'bad_frame'
  | 'unknown'
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'connection_lost'
  | 'too_large'
  | 'rate_limited'
  | 'overloaded'
  | 'timeout'
  | 'canceled'
  | 'unavailable'
  | 'internal'
  | (string & {})

/** Options of a {@linkcode SocketError}. */
export interface SocketErrorOptions {
  /** Milliseconds after which a retry is worth it; absent: a retry is pointless. */
  retryAfterMs?: number
  /** What led to it. Never sent. */
  cause?: unknown
}

/**
 * Thrown by a handler to refuse: the client gets `code` and `message`, and the connection goes on.
 * Any other exception reaches the client as `internal`, without its text.
 *
 * @throws {TypeError} if `code` is not a lower-case word
 *
 * @example
 * ```ts
 * import { SocketError } from 'denwa'
 *
 * const refusal = new SocketError('forbidden', 'only members may speak')
 * ```
 */
export class SocketError extends Error {
  override readonly name = 'SocketError'
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string = code, options: SocketErrorOptions = {}) {
    super(message, options)
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(code)) {
      throw new TypeError(`Cannot use "${code}" as an error code: write a word like not_found`)
    }
    this.code = code
    this.retryAfterMs = options.retryAfterMs
  }
}

/** What a {@linkcode SocketError} says, as it can be sent. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly retryAfterMs?: number | undefined
}

/** The refusal in what was thrown; that may be anything, a trap for who looks at it too. */
export function refusalOf(thrown: unknown): Refusal | undefined {
  try {
    if (!(thrown instanceof SocketError)) return undefined
    const { code, message, retryAfterMs } = thrown
    return {
      code: `${code}`,
      message: `${message}`,
      retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : undefined,
    }
  } catch {
    return undefined
  }
}

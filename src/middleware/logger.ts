import type { Call } from '../connection/call.ts'
import type { SocketMiddleware } from '../types.ts'

/** Longest name in a line: it is the application's, but who knows. */
const MAX_LENGTH = 64

/**
 * A line for each message and request when its handler is done: connection, name, outcome and time.
 * Payloads are not in it. Of a stream it says that it has `begun`, and how long that took.
 *
 * @param print what to do with a line, such as `console.log`
 *
 * @example
 * ```ts
 * import { logger } from 'denwa/middleware'
 *
 * const use = [logger((line) => console.log(line))]
 * ```
 */
export function logger(print: (line: string) => void): SocketMiddleware {
  return async function logger(c, next) {
    const { connection, route } = c as unknown as Call
    const { timers } = connection.transport
    const begin = timers.now()
    let outcome = route.kind === 'stream' ? 'begun' : 'ok'
    try {
      await next()
    } catch (error) {
      outcome = codeOf(error)
      throw error
    } finally {
      print(
        `${c.id} ${c.type.slice(0, MAX_LENGTH)} ${outcome} ${Math.round(timers.now() - begin)} ms`,
      )
    }
  }
}

function codeOf(error: unknown): string {
  try {
    return String((error as { code?: unknown }).code ?? 'internal')
  } catch {
    return 'internal'
  }
}

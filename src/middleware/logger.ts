import type { SocketMiddleware } from '../types.ts'

/** Longest name in a line: it is the application's, but who knows. */
const MAX_LENGTH = 64

/**
 * A line for each message and request when its handler is done: connection, name, outcome and time.
 * Payloads are not in it.
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
    const now = timeOf(c)
    const begin = now()
    let outcome = 'ok'
    try {
      await next()
    } catch (error) {
      outcome = codeOf(error)
      throw error
    } finally {
      print(`${c.id} ${c.type.slice(0, MAX_LENGTH)} ${outcome} ${Math.round(now() - begin)} ms`)
    }
  }
}

/** The clock of the connection. */
function timeOf(c: unknown): () => number {
  const { timers } = (c as { connection: { transport: { timers: { now(): number } } } }).connection
    .transport
  return () => timers.now()
}

function codeOf(error: unknown): string {
  try {
    return String((error as { code?: unknown }).code ?? 'internal')
  } catch {
    return 'internal'
  }
}

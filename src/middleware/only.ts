import type { SocketMiddleware } from '../types.ts'

/**
 * Middleware for some messages and requests alone; all others pass.
 *
 * @param types the names of messages or requests
 * @throws {TypeError} if a name is empty
 *
 * @example
 * ```ts
 * import { only, rateLimit } from 'denwa/middleware'
 *
 * const slowly = only('say', rateLimit({ messages: 5, windowMs: 10_000 }))
 * ```
 */
export function only(
  types: string | readonly string[],
  ...middleware: SocketMiddleware[]
): SocketMiddleware {
  const names = new Set([types].flat())
  if (names.size === 0 || names.has('')) {
    throw new TypeError('Cannot choose messages without a name: name one that the contract has')
  }
  return function only(c, next) {
    if (!names.has(c.type)) return next()
    return middleware.reduceRight<() => Promise<void> | void>(
      (inner, around) => () => around(c, async () => inner()),
      next,
    )()
  }
}

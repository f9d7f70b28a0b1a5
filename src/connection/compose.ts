import type { Call } from './call.ts'

/** Runs a call; what it returns is the handler's result. */
export type Run = (call: Call) => unknown
/** Middleware around the handling of a message, in the manner of Hono's. */
export type Around = (call: Call, next: () => Promise<void>) => unknown

/** What `next()` answers when all that follows was synchronous: no await is paid for it. */
const DONE: Promise<void> = Promise.resolve()

/** Stands for "no handler ran": middleware returned without calling `next()`. */
export const SKIPPED: unique symbol = Symbol('skipped')

/** The handler with its middleware around it; the handler itself where there is none. */
export function compose(middleware: readonly Around[], handler: Run): Run {
  if (middleware.length === 0) return handler
  return (call) => {
    let result: unknown = SKIPPED
    let reached = -1
    const dispatch = (index: number): unknown => {
      if (index <= reached) throw new Error('Cannot run a handler twice: next() was called again')
      reached = index
      const around = middleware[index]
      if (around) return around(call, () => settle(dispatch(index + 1)))
      result = handler(call)
      return isThenable(result) ? result.then((value) => void (result = value)) : undefined
    }
    const outcome = dispatch(0)
    return isThenable(outcome) && outcome !== DONE ? outcome.then(() => result) : result
  }
}

function settle(outcome: unknown): Promise<void> {
  if (!isThenable(outcome)) return DONE
  const settled = Promise.resolve(outcome as PromiseLike<void>)
  // A middleware that does not await next() must not leave a rejection to the process.
  settled.catch(() => {})
  return settled
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}

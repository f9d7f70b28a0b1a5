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
    let reached = 0
    /** What the latest `next()` has answered. */
    let inner = DONE
    const dispatch = (index: number): unknown => {
      const around = middleware[index]
      if (around) return around(call, () => next(index + 1))
      call.reach()
      result = handler(call)
      return isThenable(result) ? result.then((value) => void (result = value)) : undefined
    }
    const next = (index: number): Promise<void> => {
      if (index <= reached) throw new Error('Cannot run a handler twice: next() was called again')
      reached = index
      try {
        inner = settle(dispatch(index))
      } catch (error) {
        inner = settle(Promise.reject(error))
      }
      return inner
    }
    // A middleware that does not await next() may end before what is inside it.
    const finish = (): unknown => {
      const last = inner
      if (result !== SKIPPED || last === DONE) return result
      return last.then(() => (inner === last ? result : finish()))
    }
    const outcome = dispatch(0)
    return isThenable(outcome) && outcome !== DONE ? outcome.then(finish) : finish()
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

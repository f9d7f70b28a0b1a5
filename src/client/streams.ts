import type { Call } from './call.ts'
import type { RequestOptions } from './requests.ts'

/** Items that a server may send ahead. */
const CREDIT = 32
/** So many that are taken may be sent again. */
const MORE = 16

/** An answer: one that is awaited, or the items of a stream. */
export type Reply<T = any> = Promise<T> & AsyncIterable<T>

/**
 * Asks for something that is answered once or by a stream, whichever it is. Who takes items may take all the time
 * they want; who waits does so for 10 seconds, if nothing else is said.
 */
export function reply(
  socket: Call,
  type: string,
  data?: unknown,
  options: RequestOptions = {},
): Reply {
  const items: unknown[] = []
  let over = false
  let wake = (): void => {}
  let stop = (): void => {}
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const made = socket.requests.ask(
    { type, data },
    (error, result) => {
      over = true
      stop()
      // Who does not want to wait any more wants no items either.
      if (error?.code === 'aborted') items.length = 0
      if (error) reject(error)
      else resolve(result)
      wake()
    },
    { timeoutMs: Infinity, ...options },
    (item) => {
      if (items.push(item) > CREDIT) made.cancel('aborted')
      wake()
    },
  )
  // Of a limit that is not meant for streams the server is not told.
  if (!over && options.timeoutMs === undefined) {
    stop = socket.io.timers.after(10_000, () => made.cancel('timeout'))
  }
  async function* iterate(): AsyncGenerator<unknown> {
    try {
      for (let taken = 1; ; taken++) {
        if (items.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve))
        if (items.length === 0) break
        if (taken % MORE === 0) made.tell('$more', MORE)
        yield items.shift()
      }
      await promise
    } finally {
      if (!over) made.cancel('aborted')
    }
  }
  return Object.assign(promise, {
    [Symbol.asyncIterator]() {
      stop()
      promise.catch(() => {})
      return iterate()
    },
  })
}

/**
 * The items of a streamed reply. It is asked for when its first item is, and cancelled when one stops to take
 * them. It has no time limit but one that is given.
 *
 * @throws {RequestError} when it ends with an error, after all items
 *
 * @example
 * ```ts
 * import { connect, stream } from 'denwa/client'
 *
 * export async function countTo(to: number): Promise<void> {
 *   for await (const n of stream(connect('wss://example.com/count'), 'count', { to })) console.log(n)
 * }
 * ```
 */
export async function* stream(...asked: Parameters<typeof reply>): AsyncGenerator<any, void, void> {
  yield* reply(...asked)
}

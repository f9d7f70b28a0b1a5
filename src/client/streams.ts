import type { RequestError } from './errors.ts'
import type { RequestOptions } from './requests.ts'
import type { Socket } from './socket.ts'

/** Items that a server may send ahead. */
const CREDIT = 32

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
export async function* stream(
  socket: Socket,
  type: string,
  data?: unknown,
  options: RequestOptions = {},
): AsyncGenerator<any, void, void> {
  const items: unknown[] = []
  let credit = CREDIT
  let taken = 0
  let over = false
  let problem: RequestError | undefined
  let wake = (): void => {}
  const made = socket.requests.ask(
    { type, data },
    (error) => {
      over = true
      problem = error
      // Who does not want to wait any more wants no items either.
      if (error?.code === 'aborted') items.length = 0
      wake()
    },
    { timeoutMs: Infinity, ...options },
    (item) => {
      if (--credit < 0) return made.cancel()
      items.push(item)
      wake()
    },
  )
  try {
    for (;;) {
      while (items.length > 0) {
        if (++taken === CREDIT / 2) {
          made.tell('$more', taken)
          credit += taken
          taken = 0
        }
        yield items.shift()
      }
      if (over) break
      await new Promise<void>((resolve) => (wake = resolve))
    }
    if (problem) throw problem
  } finally {
    if (!over) made.cancel()
  }
}

import type { RequestError } from './errors.ts'
import type { RequestOptions, Requests } from './requests.ts'

/** Items that a server may send ahead. */
const CREDIT = 32

/** The items of a streamed reply. It is asked for when the first item is. */
export async function* stream(
  requests: Requests,
  frame: object,
  options: RequestOptions = {},
): AsyncGenerator<unknown, void, void> {
  const items: unknown[] = []
  let credit = CREDIT
  let taken = 0
  let over = false
  let problem: RequestError | undefined
  let wake = (): void => {}
  const made = requests.ask(frame, options, {
    item(item) {
      if (--credit < 0) return made.cancel()
      items.push(item)
      wake()
    },
    done(error) {
      over = true
      problem = error
      // Who does not want to wait any more wants no items either.
      if (error?.code === 'aborted') items.length = 0
      wake()
    },
  })
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
    made.cancel()
  }
}

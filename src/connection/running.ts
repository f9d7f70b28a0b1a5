import { Call, DEADLINE } from './call.ts'
import { within } from './deadlines.ts'

/** A call that outlives the connection on which it was asked. */
class Lasting extends Call {
  /** Whether its handler has run. */
  reached = false

  override reach(): void {
    this.reached = true
  }
}

/** A request with a key whose handler is at work, and all who wait for what comes of it. */
export class Running {
  /** A digest of what was asked for. */
  readonly input: string
  /** As the handler sees it. */
  readonly call: Lasting
  /** When it began. */
  readonly since: number
  readonly #waiting = new Set<(body: string) => void>()
  /** When the time of its handler is over. */
  #due = 0
  /** Calls off the deadline. */
  relax = (): void => {}
  /** Of who has given up, and whose handler counts nevertheless. */
  #gone: ((body: string) => void) | undefined

  constructor(input: string, { connection, route, requestId, data }: Call) {
    this.input = input
    this.call = new Lasting(connection, route, requestId)
    this.call.data = data
    this.since = connection.transport.timers.now()
    // From here on it is not the connection that decides.
    this.call.progress.controller = new AbortController()
  }

  /** The handler has the time of whoever gives it most, also when they are all gone. */
  lasts(ms: number): void {
    const { timers } = this.call.connection.transport
    const due = timers.now() + ms
    if (due <= this.#due) return
    this.#due = due
    this.relax()
    this.relax = within(timers, ms, () => this.call.abort(DEADLINE))
  }

  /** The body of the answer. When the last one has given up, the handler is told; but not when a connection is lost. */
  wait(call: Call, isFirst: boolean): Promise<string> {
    // A promise for each: on Cloudflare what belongs to one connection does nothing for another.
    return new Promise((resolve) => {
      this.#waiting.add(resolve)
      call.progress.stop = () => {
        if (!this.#waiting.delete(resolve)) return
        if (isFirst) this.#gone = resolve
        else resolve('')
        const { over } = call.progress
        if (this.#waiting.size > 0 || call.connection.closed || over === undefined) return
        this.call.abort(over)
      }
    })
  }

  end(body: string): void {
    this.relax()
    this.#gone?.(body)
    for (const resolve of this.#waiting) resolve(body)
    this.#waiting.clear()
  }
}

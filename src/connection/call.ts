import { SocketError, refusalOf } from '../errors.ts'
import { emit, observed } from '../observe.ts'
import { errorFrame } from '../protocol/frame.ts'
import type { Connection } from './connection.ts'
import { within } from './deadlines.ts'
import type { Route } from './routes.ts'

/** Why a call is over whose time is. */
export const DEADLINE = 'the deadline has passed'

/** Frames of a streamed reply that a client accepts before it asks for more. */
export const INITIAL_CREDIT = 32

export const INTERNAL: SocketError = new SocketError('internal', 'internal error')

/** What is said of a request that comes again, where nobody can tell more. */
export const LOST: SocketError = new SocketError(
  'connection_lost',
  'nobody knows whether it was done',
)

export function isAbort(thrown: unknown): boolean {
  try {
    return (thrown as Error).name === 'AbortError'
  } catch {
    return false
  }
}

/** What a call needs only if it is not over at once. */
class Progress {
  /** Counted against the limits of the connection. */
  running = false
  /** Calls off the deadline. */
  relax: (() => void) | undefined
  controller: AbortController | undefined
  /** Why the signal is aborted, should anybody ask for it. */
  over: string | undefined
  credit: number = INITIAL_CREDIT
  /** Wakes a stream that waits for credit. */
  wake: (() => void) | undefined
  /** Stops the source of a stream. */
  stop: (() => void) | undefined
}

/** One message or request being handled, as its handler sees it: the connection, and what was said. */
export class Call {
  readonly connection: Connection
  readonly route: Route
  /** The request's id; `undefined` for a message. */
  readonly requestId: number | undefined
  /** The payload, once its schema has let it pass. */
  data: unknown
  /** Set with the first terminal frame; nothing is sent after it. */
  done = false
  /** When it began; negative if nobody wanted to know. */
  readonly #since: number
  #progress: Progress | undefined

  constructor(connection: Connection, route: Route, requestId: number | undefined) {
    this.connection = connection
    this.route = route
    this.requestId = requestId
    this.#since = observed.handled ? connection.transport.timers.now() : -1
  }

  get type(): string {
    return this.route.type
  }

  get progress(): Progress {
    return (this.#progress ??= new Progress())
  }

  get signal(): AbortSignal {
    const { progress } = this
    if (!progress.controller) {
      progress.controller = new AbortController()
      const why = progress.over ?? (this.connection.gone ? 'connection lost' : undefined)
      if (why !== undefined) this.abort(why)
    }
    return progress.controller.signal
  }

  /** Aborts the handler's signal, and lets a stream that waits for credit see that it is over. */
  abort(why: string): void {
    const { progress } = this
    const { controller, wake, stop } = progress
    progress.over ??= why
    controller?.abort(new DOMException(why, 'AbortError'))
    wake?.()
    stop?.()
  }

  /** Registers a call whose handler has not settled. */
  begin(timeoutMs: number): void {
    const { connection, progress } = this
    if (connection.closed) {
      if (this.requestId === undefined) this.abort('connection lost')
      else this.drop('connection lost')
      return
    }
    // The second time it is what the handler has returned that takes a while.
    ;(connection.running ??= new Set()).add(this)
    if (progress.running) return
    progress.running = true
    if (this.requestId === undefined) return
    connection.inFlight++
    if (timeoutMs === Infinity) return
    progress.relax = within(connection.transport.timers, timeoutMs, () =>
      this.cut(new SocketError('timeout', DEADLINE)),
    )
  }

  /** Whether this is the first end of the call: there is one terminal frame, whatever races. */
  end(code = 'ok'): boolean {
    if (this.done) return false
    this.done = true
    if (this.#since >= 0) this.#tell(code)
    const progress = this.#progress
    if (!progress?.running) return true
    if (this.requestId !== undefined) this.connection.inFlight--
    progress.relax?.()
    return true
  }

  #tell(code: string): void {
    const { connection, route } = this
    const durationMs = connection.transport.timers.now() - this.#since
    const { type: name, kind } = route
    emit({ type: 'handled', ...connection.labels, name, kind, code, durationMs })
  }

  /** The handler has settled. Until then it counts, whether anybody still waits for it or not. */
  release(): void {
    this.connection.running?.delete(this)
  }

  /** The middleware is through: its handler is about to run. */
  reach(): void {}

  /** Ends the call without a frame. */
  drop(why: string): void {
    if (this.end('lost')) this.abort(why)
  }

  /** Ends the call with its terminal frame; an error for a message is one, too. */
  answer(frame: string, code?: string): void {
    if (this.end(code)) this.connection.write(frame)
  }

  /** Ends the call with what was thrown: the handler's own refusal, or `internal` for all else. */
  fail(thrown: unknown): void {
    const refusal = refusalOf(thrown)
    // An abort after the end only says that the handler has listened.
    if (!refusal && !(this.done && isAbort(thrown))) {
      this.connection.report(thrown, `${this.route.kind} ${this.route.type}`)
    }
    const error = refusal ?? INTERNAL
    this.answer(errorFrame(this.requestId, error), error.code)
  }

  /** Goes on with what a promise brings; what goes wrong then ends the call. */
  follow<T>(promise: PromiseLike<T>, then: (value: T) => void): PromiseLike<void> {
    return promise.then(
      (value) => {
        this.release()
        try {
          then(value)
        } catch (error) {
          this.fail(error)
        }
      },
      (error: unknown) => {
        this.release()
        this.fail(error)
      },
    )
  }

  /** Ends the call of its own accord: cancelled, or past its deadline. */
  cut(error: SocketError): void {
    this.fail(error)
    this.abort(error.message)
  }

  get id(): string {
    return this.connection.id
  }

  get env(): unknown {
    return this.connection.env
  }

  get state(): unknown {
    return this.connection.state
  }

  setState(patch: object): void {
    this.connection.setState(patch)
  }

  send(event: string, data: unknown): void {
    this.connection.send(event, data)
  }

  join(channel: string, params: object, ask?: object): Promise<unknown> {
    return this.connection.join(channel, params, ask)
  }

  channel(channel: string, params: object): unknown {
    return this.connection.channel(channel, params)
  }

  close(code?: number, reason?: string): void {
    this.connection.close(code, reason)
  }
}

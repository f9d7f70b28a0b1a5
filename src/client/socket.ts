import type { Frame } from './attempt.ts'
import { Call, type CallOptions, type Plug, type Status, type Why } from './call.ts'
import { Emitter } from './emitter.ts'
import { RequestError, errorOf } from './errors.ts'
import type { Io } from './line.ts'
import type { QueueOptions } from './queue.ts'
import { type RequestOptions, Requests } from './requests.ts'
import type { Rules } from './rules.ts'

/** Options of a client. */
export interface SocketOptions extends CallOptions {
  /** What may wait for a connection. */
  queue?: QueueOptions
}

/** A socket that comes back: what is said while it is away waits for it. */
export class Socket implements Plug {
  /** The connection, for what else speaks on it. */
  readonly call: Call
  readonly requests: Requests
  readonly #credential: CallOptions['credential']
  readonly #listeners = new Emitter()

  constructor(url: string, options: SocketOptions, io: Io, rules: Rules = {}) {
    this.#credential = options.credential
    this.call = new Call(url, options, io, rules, (status, why) =>
      this.#listeners.emit('$status', status, why),
    )
    this.requests = new Requests(this.call, options.queue, (error) => this.#failed(error))
    this.call.plugs.push(this.requests, this)
    this.call.start()
  }

  get status(): Status {
    return this.call.status
  }

  /**
   * Says a message. While there is no connection it waits for one; {@linkcode onError} hears of a message that
   * has waited in vain.
   *
   * @throws {RequestError} `queue_full` if too much waits, `too_large` if the server takes no message of that
   * size, `connection_lost` if the socket is closed
   */
  send(type: string, data?: unknown): void {
    this.requests.send({ type, data })
  }

  /** Asks, and resolves to the answer; rejects with a {@linkcode RequestError}. */
  request(type: string, data?: unknown, options?: RequestOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = (error: RequestError | undefined, result: unknown): void =>
        error ? reject(error) : resolve(result)
      this.requests.ask({ type, data }, { timeoutMs: 10_000, ...options }, { done })
    })
  }

  /** Hears an event of the server. The result ends it. */
  on(type: string, listener: (data: any) => void): () => void {
    return this.#listeners.on(type, listener)
  }

  /** Hears how the connection is doing, and with `waiting` and `closed` why it has ended. */
  onStatus(listener: (status: Status, why?: Why) => void): () => void {
    return this.#listeners.on('$status', listener)
  }

  /** Hears what was wrong with a message, or with a new credential. */
  onError(listener: (error: RequestError) => void): () => void {
    return this.#listeners.on('$error', listener)
  }

  /** Looks whether the connection still is one, or tries sooner to have one: for when the network or the page is back. */
  check(): void {
    this.call.check()
  }

  /**
   * Closes for good. What waits for an answer rejects with `connection_lost`.
   *
   * @param reason cut to 41 characters: so they are 123 bytes, whatever they are
   * @throws {RangeError} if a browser cannot send that code
   */
  close(code = 1000, reason = ''): void {
    if (code !== 1000 && !(code >= 3000 && code < 5000)) {
      throw new RangeError(`Cannot close with code ${code}: use 1000 or 3000 to 4999`)
    }
    this.call.close(code, reason.slice(0, 41))
  }

  heard(frame: Frame): boolean {
    const { type, channel, id, error, data } = frame
    if (type === '$reauth') void this.#renew()
    else if (typeof type === 'string' && type[0] !== '$' && channel === undefined) {
      this.#listeners.emit(type, data)
    } else if (id === undefined && error) this.#failed(errorOf(error))
    return true
  }

  /** Gives the server a new credential. */
  async #renew(): Promise<void> {
    const { line } = this.call
    const done = (error?: RequestError): void => error && this.#failed(error)
    try {
      const token = await this.#credential?.(true)
      // A connection that has come meanwhile has one of its own.
      if (token !== undefined && line && this.call.line === line) {
        this.requests.ask({ type: '$auth', token }, { timeoutMs: 10_000 }, { done })
      }
    } catch (error) {
      this.#failed(new RequestError('unauthenticated', String(error)))
    }
  }

  #failed(error: RequestError): void {
    this.#listeners.emit('$error', error)
  }
}

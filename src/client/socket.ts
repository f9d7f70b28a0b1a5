import { Call, type Status, type Why } from './call.ts'
import type { Channels } from './channels.ts'
import type { RequestError } from './errors.ts'
import type { RequestOptions } from './requests.ts'

export type { SocketOptions } from './call.ts'

/** A socket that comes back: what is said while it is away waits for it. */
export class Socket extends Call {
  /** Once they are wanted. */
  declare channels?: Channels

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
      const done = (error: RequestError | undefined, reply: unknown): void =>
        error ? reject(error) : resolve(reply)
      this.requests.ask({ type, data }, done, options)
    })
  }

  /** Hears how the connection is doing, and with `waiting` and `closed` why it has ended. */
  onStatus(listener: (status: Status, why?: Why) => void): () => void {
    return this.on('$status', listener)
  }

  /** Hears what was wrong with a message, or with a new credential. */
  onError(listener: (error: RequestError) => void): () => void {
    return this.on('$error', listener)
  }

  /**
   * Closes for good. What waits for an answer rejects with `connection_lost`.
   *
   * @param reason cut to 41 characters: so they are 123 bytes, whatever they are
   * @throws {RangeError} if a browser cannot send that code
   */
  close(code = 1000, reason = ''): void {
    if (code !== 1000 && !(code >= 3000 && code < 5000)) {
      throw new RangeError('Use 1000 or 3000 to 4999')
    }
    this.end(code, reason.slice(0, 41))
  }
}

import { connect, request } from '../../../src/testing/raw-client.ts'
import type {
  Answer,
  RawSocket,
  RawSocketOptions,
  UpgradeOptions,
} from '../../../src/testing/raw-client.ts'
import type { Life } from './objects.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- frames of any shape
export type Json = any

/** A busy machine has others to serve. */
export const PATIENCE_MS = 10_000

type Options = UpgradeOptions & RawSocketOptions & { query?: string }

/** A client in a room. */
export class Client {
  readonly socket: RawSocket
  /** All messages met so far, as they were written, and how the socket closed. */
  readonly log: string[] = []
  readonly #queue: Json[] = []

  constructor(socket: RawSocket) {
    this.socket = socket
  }

  static in(url: string, room: string, name: string, options: Options = {}): Promise<Client> {
    return Client.at(url, `/socket/${room}?name=${name}${options.query ?? ''}`, options)
  }

  static async at(url: string, target: string, options: Options = {}): Promise<Client> {
    return new Client(await connect(url, { target, timeoutMs: PATIENCE_MS, ...options }))
  }

  send(...frames: Json[]): void {
    this.socket.send(JSON.stringify(frames.length === 1 ? frames[0] : frames))
  }

  async next(timeoutMs = PATIENCE_MS): Promise<Json> {
    while (this.#queue.length === 0) {
      const text = String(await this.socket.next(timeoutMs))
      this.log.push(text)
      this.#queue.push(...[text === 'pong' ? text : JSON.parse(text)].flat())
    }
    return this.#queue.shift()
  }

  /** The next frame for which `wanted` holds. */
  async find(wanted: (frame: Json) => boolean, timeoutMs = PATIENCE_MS): Promise<Json> {
    for (;;) {
      const frame = await this.next(timeoutMs)
      if (wanted(frame)) return frame
    }
  }

  async closed(timeoutMs = PATIENCE_MS): Promise<number> {
    const { code, reason } = await this.socket.closed(timeoutMs)
    this.log.push(`close ${code} ${reason}`)
    return code
  }

  /** Asks, and waits for the answer. */
  async ask(type: string, id: number, data?: unknown): Promise<Json> {
    this.send({ type, id, data })
    return this.find((frame) => frame.id === id)
  }
}

export const said =
  (text: string) =>
  (frame: Json): boolean =>
    frame.data?.text === text

export async function life(url: string, room: string): Promise<Life> {
  return JSON.parse((await request(url, { target: `/life/${room}`, timeoutMs: PATIENCE_MS })).body)
}

export function say(url: string, room: string, body: string): Promise<Answer> {
  return request(url, { target: `/say/${room}`, method: 'POST', body, timeoutMs: PATIENCE_MS })
}

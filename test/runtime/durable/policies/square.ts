import {
  type Answer,
  type UpgradeOptions,
  dial,
  readAnswer,
  request,
  upgradeRequest,
} from '../../../../src/testing/raw-client.ts'
import { Client, type Json, PATIENCE_MS } from '../client.ts'
import { type EvictingServer, serveEvicting } from '../miniflare.ts'
import type { Life } from './objects.ts'

interface Options extends UpgradeOptions {
  /** A credential. */
  token?: string
  name?: string
  query?: string
  autoClose?: boolean
}

/** Whether something has come about. */
export function watch<T>(promise: Promise<T>): {
  readonly done: boolean
  readonly result: Promise<T>
} {
  const watched = { done: false, result: promise }
  promise.then(
    () => (watched.done = true),
    () => (watched.done = true),
  )
  return watched
}

/** The app with policies, and what may be asked of it. */
export class Square {
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  /** Opens `/policy/room`. */
  async enter(target: string, options: Options = {}): Promise<Client> {
    const { token, name = '', query = '', headers, ...more } = options
    return Client.at(this.url, `/${target}?name=${name}${query}`, {
      ...more,
      headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
    })
  }

  /** The answer to a handshake. */
  async knock(target: string, headers: Record<string, string> = {}): Promise<Answer> {
    const wire = await dial(this.url)
    wire.write(upgradeRequest(this.url, { target, headers }))
    try {
      return await readAnswer(wire, PATIENCE_MS)
    } finally {
      wire.destroy()
    }
  }

  post(target: string, body: unknown = ''): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return request(this.url, { target, method: 'POST', body: text, timeoutMs: PATIENCE_MS })
  }

  /** Does something to an object by itself, and tells of its life. */
  async object(room: string, what = 'life'): Promise<Life> {
    return JSON.parse((await this.post(`/object/${room}/${what}`)).body)
  }

  /** Which handlers have run. */
  async notes(room: string): Promise<Json[]> {
    return JSON.parse((await this.post(`/notes/${room}`)).body)
  }
}

export class EvictingSquare extends Square {
  readonly #server: EvictingServer

  constructor(server: EvictingServer) {
    super(server.url)
    this.#server = server
  }

  evict(room: string): Promise<boolean> {
    return this.#server.evict(room)
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}

export async function serveSquare(): Promise<EvictingSquare> {
  const classes = { SQUARE: 'Square', PLAIN: 'Plain', TICKETS: 'Tickets' }
  return new EvictingSquare(await serveEvicting('policies/entry.ts', classes))
}

import { durableSocket } from '../../../src/cloudflare.ts'
import { app, plain, room } from './app.ts'

interface Stub {
  fetch(request: Request | string): Promise<Response>
}
interface State {
  readonly id: { readonly name?: string }
  readonly storage: {
    readonly kv: { get(key: string): any; put(key: string, value: unknown): void }
  }
  acceptWebSocket(socket: unknown, tags?: string[]): void
  getWebSocketAutoResponseTimestamp(socket: unknown): Date | null
  getWebSockets(tag?: string): { serializeAttachment(value: unknown): void }[]
  setWebSocketAutoResponse(pair: unknown): void
}

/** What is known of an object without its sockets' help. */
export interface Life {
  /** How often the constructor has run since the object exists. */
  readonly instances: number
  /** When it ran last, in milliseconds since the epoch. */
  readonly bornAt: number
  readonly sockets: number
  /** How often this instance has looked at all its sockets. */
  readonly lookups: number
}

const stubOf = (c: any, name: string): Stub => c.env.ROOM.getByName(name)

export class Room extends durableSocket(room, (c) => stubOf(c, c.req.param('room') ?? '')) {
  readonly #state: State
  readonly #life: Omit<Life, 'sockets'>
  readonly #name: string | undefined

  constructor(state: State, env: unknown) {
    const instances = (state.storage.kv.get('instances') ?? 0) + 1
    state.storage.kv.put('instances', instances)
    const life = { instances, bornAt: Date.now(), lookups: 0 }
    const counting: Omit<State, 'id'> = {
      storage: state.storage,
      acceptWebSocket: (socket, tags) => state.acceptWebSocket(socket, tags),
      getWebSocketAutoResponseTimestamp: (socket) =>
        state.getWebSocketAutoResponseTimestamp(socket),
      setWebSocketAutoResponse: (pair) => state.setWebSocketAutoResponse(pair),
      getWebSockets(tag) {
        life.lookups++
        return state.getWebSockets(tag)
      },
    }
    super(counting, env)
    this.#state = state
    this.#life = life
    this.#name = state.id.name
  }

  override async fetch(request: Request): Promise<Response> {
    const { hostname, pathname } = new URL(request.url)
    if (hostname !== 'test.invalid') {
      if (this.#name === 'broken') throw new Error('an object that fails')
      return super.fetch(request)
    }
    const sockets = this.#state.getWebSockets()
    if (pathname === '/outdate') {
      for (const socket of sockets) socket.serializeAttachment(JSON.stringify({ v: 0, id: 'old' }))
    }
    return Response.json({ ...this.#life, sockets: sockets.length } satisfies Life)
  }
}

export class Plain extends durableSocket(plain, (c) => c.env.PLAIN.getByName('one')) {}

app
  .get(
    '/life/:room',
    (c) => stubOf(c, c.req.param('room')).fetch('https://test.invalid/') as Promise<Response>,
  )
  .post(
    '/outdate/:room',
    (c) =>
      stubOf(c, c.req.param('room')).fetch('https://test.invalid/outdate') as Promise<Response>,
  )
  // An application that hands a request to the object by itself, without the handshake in between.
  .all(
    '/by-hand/:room',
    (c) => stubOf(c, c.req.param('room')).fetch(c.req.raw) as Promise<Response>,
  )
  .all('/publish', (c) => stubOf(c, 'forged').fetch(c.req.raw) as Promise<Response>)
  .all('/socket', (c) => stubOf(c, 'forged').fetch(c.req.raw) as Promise<Response>)

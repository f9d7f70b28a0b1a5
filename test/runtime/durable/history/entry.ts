import { durableSocket, handler } from '../../../../src/cloudflare.ts'
import { app, room } from './app.ts'

interface Stub {
  fetch(request: Request | string): Promise<Response>
}
interface State {
  readonly storage: {
    readonly kv: { get(key: string): any; put(key: string, value: unknown): void }
    readonly sql: { exec(query: string): { toArray(): { name: string }[] } }
  }
}

const stubOf = (c: any, name: string): Stub => c.env.ROOM.getByName(name)

export class Room extends durableSocket(room, (c) => stubOf(c, c.req.param('room') ?? '')) {
  readonly #state: State
  readonly #instances: number

  constructor(state: State, env: unknown) {
    super(state, env)
    this.#state = state
    this.#instances = (state.storage.kv.get('instances') ?? 0) + 1
    state.storage.kv.put('instances', this.#instances)
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).hostname !== 'test.invalid') return super.fetch(request)
    const tables = this.#state.storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name LIKE 'denwa_%'")
      .toArray()
      .map(({ name }) => name)
    return Response.json({ instances: this.#instances, tables })
  }
}

app.get('/life/:room', (c) => stubOf(c, c.req.param('room')).fetch('https://test.invalid/'))

export default handler(app)

import { durableChannels, durableSocket, handler } from '../../../../src/cloudflare.ts'
import { app, person } from './app.ts'

interface Stub {
  fetch(request: Request | string): Promise<Response>
}
interface State {
  readonly id: object
  readonly storage: {
    readonly kv: { get(key: string): any; put(key: string, value: unknown): void }
    readonly sql: { exec(query: string): { toArray(): unknown[] } }
  }
}

const stubOf = (namespace: any, name: string): Stub => namespace.getByName(name)

/** How often the constructor has run, and how many requests have come that were not of a test. */
function count({ storage }: State, what: string): number {
  const n = (storage.kv.get(what) ?? 0) + 1
  storage.kv.put(what, n)
  return n
}

const life = ({ storage }: State, query: string): Response =>
  Response.json({
    instances: storage.kv.get('instances') ?? 0,
    requests: storage.kv.get('requests') ?? 0,
    rows: query ? storage.sql.exec(query).toArray() : [],
  })

export class Person extends durableSocket(
  person,
  (c) => stubOf(c.env.PERSON, c.req.param('user') ?? ''),
  { channels: (env, address) => env.ROOM.getByName(address) },
) {
  readonly #state: State

  constructor(state: State, env: unknown) {
    super(state, env)
    this.#state = state
    count(state, 'instances')
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).hostname === 'test.invalid') return life(this.#state, '')
    count(this.#state, 'requests')
    const { kv } = this.#state.storage
    if (kv.get('broken')) throw new Error('broken for a test')
    return super.fetch(request)
  }
}

export class Room extends durableChannels(person, (env) => env.PERSON) {
  readonly #state: State

  constructor(state: State, env: unknown) {
    super(state, env)
    this.#state = state
    count(state, 'instances')
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).hostname === 'test.invalid') {
      return life(this.#state, 'SELECT * FROM denwa_subscribers')
    }
    count(this.#state, 'requests')
    return super.fetch(request)
  }
}

app
  .get('/person/:name', (c) =>
    stubOf(c.env.PERSON, c.req.param('name')).fetch('https://test.invalid/'),
  )
  .get('/room/:kind/:room', (c) =>
    stubOf(c.env.ROOM, `${c.req.param('kind')}/${c.req.param('room')}`).fetch(
      'https://test.invalid/',
    ),
  )
  // An application that hands a request on by itself.
  .all('/command', (c) => stubOf(c.env.ROOM, 'log/forged').fetch(c.req.raw) as Promise<Response>)

export default handler(app)

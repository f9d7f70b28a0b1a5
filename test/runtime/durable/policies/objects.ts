import type { Hono } from 'hono'
import { durableTickets, ticketObject } from '../../../../src/cloudflare-tickets.ts'
import { durableSocket } from '../../../../src/cloudflare.ts'
import { plain, policies, square } from './app.ts'

interface Stub {
  fetch(request: Request | string): Promise<Response>
}
interface State {
  readonly storage: {
    readonly kv: { get(key: string): any; put(key: string, value: unknown): void }
    getAlarm(): Promise<number | null>
    setAlarm(at: number): Promise<void>
    deleteAlarm(): Promise<void>
  }
  getWebSockets(): { readyState: number }[]
}

/** What is known of an object without its sockets' help. */
export interface Life {
  /** How often the constructor has run since the object exists. */
  readonly instances: number
  /** When each has, in milliseconds since the epoch. */
  readonly born: number[]
  /** When the alarm has gone off. */
  readonly alarms: number[]
  readonly sockets: number
}

const stubOf = (c: any, name: string): Stub => c.env.SQUARE.getByName(name)

export class Square extends durableSocket(square, (c) => stubOf(c, c.req.param('room') ?? '')) {
  readonly #state: State

  constructor(state: State, env: unknown) {
    super(state, env)
    this.#state = state
    this.#add('born')
  }

  #add(what: string): void {
    const { kv } = this.#state.storage
    kv.put(what, [...(kv.get(what) ?? []), Date.now()])
  }

  override async fetch(request: Request): Promise<Response> {
    const { hostname, pathname, searchParams } = new URL(request.url)
    if (hostname !== 'test.invalid') return super.fetch(request)
    const { storage } = this.#state
    if (pathname === '/mute') await storage.deleteAlarm()
    if (pathname === '/own') this.#own(Number(searchParams.get('ms')))
    if (pathname === '/drain') await this.drain({ drainMs: Number(searchParams.get('ms')) })
    const born = storage.kv.get('born') ?? []
    const alarms = storage.kv.get('alarms') ?? []
    const sockets = this.#state.getWebSockets().length
    return Response.json({ instances: born.length, born, alarms, sockets } satisfies Life)
  }

  #own(ms: number): void {
    this.#state.storage.kv.put('own', Date.now() + ms)
    this.wakeAt(Date.now() + ms)
  }

  override alarm(): void {
    super.alarm()
    this.#add('alarms')
    const { kv } = this.#state.storage
    const own = kv.get('own')
    if (own === undefined) return
    if (own > Date.now()) this.wakeAt(own)
    else kv.put('own', undefined)
  }
}

export class Plain extends durableSocket(plain, (c) =>
  c.env.PLAIN.getByName(c.req.param('room')),
) {}

export class Tickets extends ticketObject() {}

/** For tests: what an object tells, and what is done to it. */
export const app: Hono<any> = policies(durableTickets((c) => c.env.TICKETS.getByName('all')))
  // An application that hands a request on by itself.
  .post('/command', (c) => c.env.TICKETS.getByName('all').fetch(c.req.raw) as Promise<Response>)
  .post('/object/:room/:what', (c) => {
    const { search } = new URL(c.req.url)
    const url = `https://test.invalid/${c.req.param('what')}${search}`
    return stubOf(c, c.req.param('room')).fetch(url)
  })

/**
 * Tickets that wait in a Durable Object: for Workers, of which many serve the same page.
 *
 * @module
 */
import type { Context } from 'hono'
import type { DurableObjectStub } from './durable-socket.ts'
import { refusal } from './handshake/refusal.ts'
import type { TicketStore } from './handshake/tickets.ts'
import { commandRequest, isCommand } from './runtime/inside.ts'

/** `DurableObjectState`, as far as it is used. */
interface TicketState {
  readonly storage: {
    get(key: string): Promise<Kept | undefined>
    put(key: string, kept: Kept): Promise<void>
    delete(key: string): Promise<boolean>
    delete(keys: string[]): Promise<number>
    list(): Promise<Map<string, Kept>>
    getAlarm(): Promise<number | null>
    setAlarm(at: number): Promise<void>
  }
}

interface Kept {
  readonly value: string
  readonly until: number
}

/** An object in which tickets wait. */
export interface TicketObject {
  fetch(request: Request): Promise<Response>
  alarm(): Promise<void>
}

/** The class that a Worker exports, and its configuration names. */
export type TicketObjectClass = new (state: any, env: any) => TicketObject

/** Keys that one delete takes. */
const MAX_KEYS = 128
/** How long those may stay that nobody has brought in time. */
const SWEEP_MS = 30_000

/**
 * The Durable Object class in which {@linkcode durableTickets} wait.
 *
 * @example
 * ```ts
 * import { ticketObject } from 'denwa/cloudflare/tickets'
 *
 * export class Tickets extends ticketObject() {}
 * ```
 */
export function ticketObject(): TicketObjectClass {
  return class Tickets {
    readonly #storage: TicketState['storage']

    constructor(state: TicketState) {
      this.#storage = state.storage
    }

    async fetch(request: Request): Promise<Response> {
      if (!isCommand(request)) return refusal(404, 'Not Found')
      const { ticket, value, ttlMs } = (await request.json()) as Asked
      if (value === undefined) return Response.json(await this.#take(ticket))
      await this.#storage.put(ticket, { value, until: Date.now() + ttlMs })
      if ((await this.#storage.getAlarm()) === null) await this.#sweepLater()
      return Response.json(null)
    }

    async #take(ticket: string): Promise<string | null> {
      const kept = await this.#storage.get(ticket)
      // Of several who have read it, one has deleted it.
      if (!kept || !(await this.#storage.delete(ticket))) return null
      return kept.until > Date.now() ? kept.value : null
    }

    /** Forgets what nobody has brought in time. */
    async alarm(): Promise<void> {
      const all = [...(await this.#storage.list())]
      const now = Date.now()
      const over = all.filter(([, { until }]) => until <= now).map(([ticket]) => ticket)
      if (over.length < all.length) await this.#sweepLater()
      while (over.length > 0) await this.#storage.delete(over.splice(0, MAX_KEYS))
    }

    /** Not as each of them is over: to look at all of many is dear. */
    #sweepLater(): Promise<void> {
      return this.#storage.setAlarm(Date.now() + SWEEP_MS)
    }
  }
}

/** To keep a value, or to give back what a ticket is good for. */
type Asked =
  | { readonly ticket: string; readonly value: string; readonly ttlMs: number }
  | { readonly ticket: string; readonly value?: undefined; readonly ttlMs?: undefined }

/**
 * Keeps tickets in a Durable Object: for Workers, of which many serve the same page.
 *
 * @param object where to find it; several share the load if the ticket chooses
 *
 * @example
 * ```ts
 * import { durableTickets } from 'denwa/cloudflare/tickets'
 * import { tickets } from 'denwa/handshake'
 *
 * export const desk = tickets<{ user: string }>(durableTickets((c) => c.env.TICKETS.getByName('all')))
 * ```
 */
export function durableTickets(
  object: (c: Context<any, any, any>, ticket: string) => DurableObjectStub,
): TicketStore {
  const ask = async (c: Context, asked: Asked): Promise<unknown> => {
    const response = (await object(c, asked.ticket).fetch(commandRequest(asked))) as Response
    if (response.ok) return response.json()
    throw new Error(`Cannot reach the tickets: the object answered ${response.status}`)
  }
  return {
    put: (ticket, value, ttlMs, c) => ask(c, { ticket, value, ttlMs }),
    take: async (ticket, c) => ((await ask(c, { ticket })) as string | null) ?? undefined,
  }
}

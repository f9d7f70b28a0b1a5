import type { Context } from 'hono'
import type { DurableObjectStub } from './durable-socket.ts'
import type { TicketStore } from './handshake/tickets.ts'

/** `DurableObjectState`, as far as it is used. */
interface TicketState {
  readonly storage: {
    get(key: string): Promise<Kept | undefined>
    put(key: string, kept: Kept): Promise<void>
    delete(key: string | string[]): Promise<unknown>
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

/**
 * The Durable Object class in which {@linkcode durableTickets} wait.
 *
 * @example
 * ```ts
 * import { ticketObject } from 'denwa/cloudflare'
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
      const { ticket, value, ttlMs } = (await request.json()) as Asked
      if (value !== undefined) {
        const until = Date.now() + ttlMs
        await this.#storage.put(ticket, { value, until })
        if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(until)
        return Response.json(null)
      }
      // While storage is read and written nothing else comes in: one of two gets it.
      const kept = await this.#storage.get(ticket)
      if (kept) await this.#storage.delete(ticket)
      return Response.json(kept && kept.until > Date.now() ? kept.value : null)
    }

    /** Forgets what nobody has brought in time. */
    async alarm(): Promise<void> {
      const all = [...(await this.#storage.list())]
      const now = Date.now()
      const over = all.filter(([, { until }]) => until <= now).map(([ticket]) => ticket)
      while (over.length > 0) await this.#storage.delete(over.splice(0, MAX_KEYS))
      const next = Math.min(...all.map(([, { until }]) => until).filter((until) => until > now))
      if (next < Infinity) await this.#storage.setAlarm(next)
    }
  }
}

interface Asked {
  readonly ticket: string
  readonly value?: string
  readonly ttlMs: number
}

/**
 * Keeps tickets in a Durable Object: for Workers, of which many serve the same page.
 *
 * @param object where to find it; several share the load if the ticket chooses
 *
 * @example
 * ```ts
 * import { durableTickets } from 'denwa/cloudflare'
 * import { tickets } from 'denwa/handshake'
 *
 * export const desk = tickets<{ user: string }>(durableTickets((c) => c.env.TICKETS.getByName('all')))
 * ```
 */
export function durableTickets(
  object: (c: Context<any, any, any>, ticket: string) => DurableObjectStub,
): TicketStore {
  const ask = async (
    c: Context,
    asked: Partial<Asked> & Pick<Asked, 'ticket'>,
  ): Promise<unknown> => {
    const body = JSON.stringify(asked)
    const request = new Request('https://tickets.denwa.invalid/', { method: 'POST', body })
    const response = (await object(c, asked.ticket).fetch(request)) as Response
    if (!response.ok)
      throw new Error(`Cannot reach the tickets: the object answered ${response.status}`)
    return response.json()
  }
  return {
    put: (ticket, value, ttlMs, c) => ask(c, { ticket, value, ttlMs }),
    take: async (ticket, c) => ((await ask(c, { ticket })) as string | null) ?? undefined,
  }
}

import type { Errand } from './broker/far.ts'
import { Exchange } from './broker/exchange.ts'
import { type ObjectStorage, sqlOf, storedBroker } from './broker/stored.ts'
import { Subscribers } from './broker/subscribers.ts'
import type { Command } from './channel/channel.ts'
import type { Hub } from './channel/hub.ts'
import { type DurableObjectStub, internalsOf } from './durable-socket.ts'
import { refusal } from './handshake/refusal.ts'
import { emit } from './observe.ts'
import { Alarm, type AlarmStorage } from './runtime/alarm.ts'
import { answerOf, commandRequest, isCommand } from './runtime/inside.ts'

/** Where objects of a class are found: `env.ROOM`. */
export interface DurableObjectNamespace {
  idFromString(id: string): any
  get(id: any): DurableObjectStub
}

/** An object in which channels live. */
export interface ChannelsObject {
  fetch(request: Request): Promise<Response>
  /** Does what is due. An object has one alarm, so that an `alarm` of yours calls this one. */
  alarm(): Promise<void>
}

/** The class that a Worker exports, and its configuration names. */
export type ChannelsObjectClass = new (state: any, env: any) => ChannelsObject

interface ChannelsState {
  readonly storage: AlarmStorage & ObjectStorage
}

/**
 * The Durable Object class in which channels live whose connections live in objects of another class, the
 * one that `durableSocket` made with `channels`. It keeps what is published, and tells those objects of it
 * in order; what is not acknowledged is told again. It needs SQLite, whether its channels remember or not.
 *
 * @param connections where the objects with the connections are found
 * @throws {TypeError} if `socket` is not what `socket()` returned, or an object has no SQLite
 *
 * @example
 * ```ts
 * import { contract, socket } from 'denwa'
 * import { durableChannels, durableSocket } from 'denwa/cloudflare'
 * import { z } from 'zod'
 *
 * const news = contract({
 *   channels: { 'topic/:topic': { events: { item: z.string() }, history: { size: 100 } } },
 * })
 * const feed = socket(news, { channels: { 'topic/:topic': { join: () => true } } })
 *
 * export class People extends durableSocket(feed, (c) => c.env.PEOPLE.getByName(c.req.param('user')), {
 *   channels: (env, address) => env.TOPICS.getByName(address),
 * }) {}
 *
 * export class Topics extends durableChannels(feed, (env) => env.PEOPLE) {}
 * ```
 */
export function durableChannels(
  socket: object,
  connections: (env: any) => DurableObjectNamespace,
): ChannelsObjectClass {
  const internals = internalsOf(socket)
  return class DurableChannels {
    readonly #objects: () => DurableObjectNamespace
    readonly #alarm: Alarm
    readonly #subscribers: Subscribers
    readonly #exchange: Exchange
    readonly #hub: Hub

    constructor({ storage }: ChannelsState, env: unknown) {
      this.#objects = () => connections(env)
      const failed = (error: unknown): void => emit({ type: 'error', error, where: 'channels' })
      this.#alarm = new Alarm(storage, failed)
      this.#subscribers = new Subscribers(sqlOf(storage))
      this.#exchange = new Exchange({
        kept: storedBroker(storage, Date.now),
        subscribers: this.#subscribers,
        routeOf: (address) => this.#hub.routeOf(address),
        deliver: async (object, delivery) => (await this.#ask(object, delivery)) !== GONE,
        alive: async (object, ids) => {
          const there = await this.#ask(object, { do: 'alive', ids })
          return there === GONE ? [] : (there as string[])
        },
        wakeAt: (at) => this.#alarm.ask(at),
        failed,
      })
      const { hub } = internals.host(this.#exchange)
      if (!hub) throw new TypeError('Cannot keep channels: a raw socket has none')
      this.#hub = hub
    }

    async fetch(request: Request): Promise<Response> {
      if (!isCommand(request)) return refusal(404, 'Not Found')
      const command = (await request.json()) as Errand | Command
      switch (command.do) {
        case 'publish':
        case 'history':
        case 'members':
          return reply(await this.#hub.here(command))
        case 'revoke':
          return reply(await this.#revoke(command))
        case 'disconnect':
          return refusal(404, 'Not Found')
        default:
          return reply(this.#exchange.run(command))
      }
    }

    async alarm(): Promise<void> {
      this.#alarm.off()
      await this.#exchange.alarm()
    }

    /** All are asked before it is told that some did not answer. */
    async #revoke(command: Extract<Command, { do: 'revoke' }>): Promise<number> {
      const asked = this.#subscribers
        .of(command.address)
        .map(async ({ object }) => this.#ask(object, command))
      const answers = await Promise.allSettled(asked)
      let met = 0
      for (const answer of answers) {
        if (answer.status === 'rejected') throw answer.reason
        if (typeof answer.value === 'number') met += answer.value
      }
      return met
    }

    /** What an object answers; {@linkcode GONE} if it has nothing to do with that, or there is none. */
    async #ask(object: string, command: object): Promise<unknown> {
      const namespace = this.#objects()
      let id: unknown
      try {
        id = namespace.idFromString(object)
      } catch {
        return GONE
      }
      const response = (await namespace.get(id).fetch(commandRequest(command))) as Response
      return response.status === 410 ? GONE : answerOf(response)
    }
  }
}

const GONE: unique symbol = Symbol('gone')

function reply(value: unknown): Response {
  return value === undefined ? new Response(null, { status: 204 }) : Response.json(value)
}

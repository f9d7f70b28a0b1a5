import type { Context } from 'hono'
import type { Command } from './channel/channel.ts'
import { checkLimits } from './connection/behaviour.ts'
import { Connection } from './connection/connection.ts'
import { drain } from './connection/drain.ts'
import { beatOf } from './connection/heartbeat.ts'
import type { Lifecycle } from './connection/lifecycle.ts'
import { type Slot, planOf } from './handshake/plan.ts'
import { refusal } from './handshake/refusal.ts'
import { INTERNALS } from './handshake/route.ts'
import type { Hosted, SocketInternals, WithInternals } from './internals.ts'
import { CloseCode } from './protocol/close-codes.ts'
import { JSON_PROTOCOL } from './protocol/subprotocol.ts'
import { emit } from './observe.ts'
import { Alarm } from './runtime/alarm.ts'
import {
  type DurableState,
  DurableTransport,
  answerPings,
  durableTimers,
  keep,
  snapshotOf,
} from './runtime/durable-object.ts'
import { commandRequest, askedIn, isCommand, socketRequest } from './runtime/inside.ts'
import type { Snapshot } from './runtime/port.ts'
import { Vigil } from './runtime/vigil.ts'
import { type CloudflareSocket, newPair, reply, switchingProtocols } from './runtime/worker.ts'
import { type CloseOptions, type ServeOptions, wireLimits } from './serve.ts'

/** A Durable Object, as a Worker reaches it: `env.ROOM.getByName(name)`. */
export interface DurableObjectStub {
  fetch(input: any, init?: any): Promise<unknown>
}

/** An object with sockets in it. */
export interface SocketObject {
  fetch(request: Request): Promise<Response>
  /** Ends all connections as `close` of a server does; the object takes new ones afterwards. */
  drain(options?: CloseOptions): Promise<void>
  /** What is due though everything slept: a class of yours that has an alarm calls this too. */
  alarm(): void
}

/** The class that a Worker exports, and its configuration names. */
export type DurableObjectClass = new (state: any, env: any) => SocketObject

/**
 * The Durable Object class in which a socket lives, and where to find the object of a request. The
 * handshake runs in the Worker; the connection, its channels and its state live in the object, which
 * sleeps between messages and keeps its sockets while it does.
 *
 * @example
 * ```ts
 * import { raw } from 'denwa'
 * import { durableSocket } from 'denwa/cloudflare'
 *
 * const room = raw({ message: (c, data) => c.send(data) })
 *
 * export class Room extends durableSocket(room, (c) => c.env.ROOM.getByName('lobby')) {}
 * ```
 */
export function durableSocket(
  socket: object,
  object: (c: Context<any, any, any>) => DurableObjectStub,
  options: Pick<ServeOptions, 'maxMessageBytes' | 'maxQueueBytes'> = {},
): DurableObjectClass {
  const internals = internalsOf(socket)
  internals.route.forward = async (c, snapshot, headers) => {
    let response: (Response & { webSocket?: CloudflareSocket }) | undefined
    try {
      response = (await object(c).fetch(socketRequest(snapshot, planOf(c).slots))) as Response
    } catch (error) {
      emit({ type: 'error', error, where: 'object', connection: snapshot.id })
    }
    if (response?.webSocket) return switchingProtocols(response.webSocket, headers)
    return response?.headers.has('Retry-After')
      ? response
      : unavailable('The object took no socket')
  }
  internals.remote = async (c, command) => {
    const response = (await object(c).fetch(commandRequest(command))) as Response
    if (response.status === 204) return undefined
    if (response.status === 200) return response.json()
    throw new Error(`Cannot ${command.do}: the object answered ${response.status}`)
  }
  const limits = wireLimits(options)

  return class DurableSocket {
    readonly #state: DurableState
    readonly #env: unknown
    readonly #hosted: Hosted
    readonly #timers = durableTimers()
    readonly #receivers = new WeakMap<CloudflareSocket, Lifecycle>()
    readonly #vigil = new Vigil()
    readonly #alarm: Alarm
    #sweepAt: number
    #drains = 0

    constructor(state: DurableState, env: unknown) {
      this.#state = state
      this.#env = env
      // To look at all of many sockets is dear: not for each single message that wakes the object.
      this.#sweepAt = this.#timers.now() + SWEEP_MS
      this.#hosted = internals.host()
      this.#alarm = new Alarm(state.storage, (error) =>
        emit({ type: 'error', error, where: 'alarm' }),
      )
      const { hub } = this.#hosted
      // A raw socket hears every message, `ping` too.
      if (!hub) return
      answerPings(state)
      hub.wake = () => {
        hub.wake = undefined
        this.#sweepAt = 0
        this.#sweep()
      }
    }

    async fetch(request: Request): Promise<Response> {
      if (isCommand(request)) {
        const met = await this.#hosted.hub?.carry((await request.json()) as Command)
        return met === undefined ? new Response(null, { status: 204 }) : Response.json(met)
      }
      const asked = askedIn<Slot>(request)
      if (!asked) return refusal(404, 'Not Found')
      const { snapshot, slots } = asked
      if (this.#drains > 0) return unavailable('This object is about to end')
      const full = slots.find(({ tag, max }) => this.#state.getWebSockets(tag).length >= max)
      if (full) return tooMany(full)
      const { client, server } = newPair()
      snapshot.seen = this.#timers.now()
      keep(server, snapshot)
      this.#state.acceptWebSocket(
        server,
        slots.map(({ tag }) => tag),
      )
      this.#accept(server, snapshot).open()
      this.#sweep()
      return switchingProtocols(client, new Headers())
    }

    webSocketMessage(socket: CloudflareSocket, data: string | ArrayBuffer): void {
      const receiver = this.#receiverOf(socket)
      if (receiver) (receiver.transport as DurableTransport).heardFrom(receiver.snapshot)
      receiver?.message(typeof data === 'string' ? data : new Uint8Array(data))
      if (receiver instanceof Connection) this.#vigil.watch(receiver)
      this.#sweep()
    }

    webSocketClose(socket: CloudflareSocket, code: number, reason: string): void {
      this.#lost(socket, code, reason)
      // A hibernating socket's Close is not answered by the runtime, whatever its compatibility date.
      reply(socket, code, reason)
      this.#sweep()
    }

    webSocketError(socket: CloudflareSocket): void {
      this.#lost(socket, 1006, '')
    }

    alarm(): void {
      this.#alarm.off()
      for (const receiver of this.#all()) receiver.tick()
    }

    async drain({ drainMs = 0 }: CloseOptions = {}): Promise<void> {
      if (drainMs !== 0) checkLimits({ drainMs })
      this.#drains++
      await drain({ live: this.#all() }, drainMs, this.#timers)
      this.#drains--
    }

    #accept(socket: CloudflareSocket, snapshot: Snapshot): Lifecycle {
      const transport = new DurableTransport(socket, limits, this.#timers, this.#alarm)
      const receiver = this.#hosted.endpoint.accept(transport, snapshot, this.#env) as Lifecycle
      this.#receivers.set(socket, receiver)
      return receiver
    }

    /**
     * The connection of a socket; made again from what the socket has kept if the object slept. What
     * this side has closed keeps nothing: to close it once more has no effect.
     */
    #receiverOf(socket: CloudflareSocket): Lifecycle | undefined {
      const known = this.#receivers.get(socket)
      if (known) return known
      const snapshot = snapshotOf(socket)
      if (!snapshot) {
        reply(socket, CloseCode.stateInvalid, 'state of another version')
        return undefined
      }
      const receiver = this.#accept(socket, snapshot)
      if (receiver instanceof Connection) this.#hosted.hub?.restore(receiver)
      if (snapshot.opened) receiver.resume()
      else receiver.open()
      return receiver
    }

    #all(): Lifecycle[] {
      return this.#state.getWebSockets().flatMap((socket) => this.#receiverOf(socket) ?? [])
    }

    /** Who has fallen silent is found when the object is awake anyway: nothing wakes it for that. */
    #sweep(): void {
      const now = this.#timers.now()
      if (now < this.#sweepAt) return
      this.#sweepAt = now + SWEEP_MS
      for (const socket of this.#state.getWebSockets()) {
        const receiver = this.#receiverOf(socket)
        if (receiver && isSilent(receiver.snapshot, pingedAt(this.#state, socket), now)) {
          receiver.silent()
        }
      }
    }

    #lost(socket: CloudflareSocket, code: number, reason: string): void {
      let receiver = this.#receivers.get(socket)
      if (!receiver) {
        // One that slept comes back only to hear of its end.
        const snapshot = snapshotOf(socket)
        if (snapshot) receiver = this.#accept(socket, snapshot)
      }
      receiver?.lost(code, reason)
    }
  }
}

/** How often an object that is awake looks for clients that have fallen silent. */
const SWEEP_MS = 5000

/** A client that speaks the protocol pings when it has nothing to say; of others only who has pinged before. */
function isSilent(
  { seen = 0, protocol, follows }: Snapshot,
  pingedAt: number,
  now: number,
): boolean {
  if (protocol !== JSON_PROTOCOL && pingedAt === 0) return false
  const { intervalMs, timeoutMs } = beatOf(follows)
  return now - Math.max(seen, pingedAt) > intervalMs + timeoutMs
}

function pingedAt(state: DurableState, socket: CloudflareSocket): number {
  return state.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0
}

function unavailable(why: string): Response {
  return refusal(503, why, { 'Retry-After': '5' })
}

function tooMany({ status, retryAfterMs }: Slot): Response {
  return refusal(status, 'Too many connections', {
    'Retry-After': String(Math.ceil(retryAfterMs / 1000)),
  })
}

function internalsOf(socket: object): SocketInternals {
  const internals = (socket as WithInternals)[INTERNALS]
  if (!internals) {
    throw new TypeError('Cannot make a Durable Object: give it what socket() or raw() returned')
  }
  return internals
}

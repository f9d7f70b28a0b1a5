import type { Context } from 'hono'
import { checkLimits } from './connection/behaviour.ts'
import { Connection } from './connection/connection.ts'
import { refusal } from './handshake/refusal.ts'
import { type Hosted, INTERNALS, type SocketInternals } from './internals.ts'
import { CloseCode } from './protocol/close-codes.ts'
import { emit } from './observe.ts'
import {
  type DurableState,
  DurableTransport,
  answerPings,
  keep,
  snapshotOf,
} from './runtime/durable-object.ts'
import {
  type Publication,
  isPublish,
  publishRequest,
  snapshotIn,
  socketRequest,
} from './runtime/inside.ts'
import { MAX_MESSAGE_BYTES, type Receiver, type Snapshot } from './runtime/port.ts'
import { Vigil } from './runtime/vigil.ts'
import { ownTimers } from './runtime/timers.ts'
import { type CloudflareSocket, newPair, reply, switchingProtocols } from './runtime/worker.ts'

/** A Durable Object, as a Worker reaches it: `env.ROOM.getByName(name)`. */
export interface DurableObjectStub {
  fetch(input: any, init?: any): Promise<unknown>
}

/** The class that a Worker exports, and its configuration names. */
export type DurableObjectClass = new (
  state: any,
  env: any,
) => { fetch(request: Request): Promise<Response> }

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
  options: { maxMessageBytes?: number } = {},
): DurableObjectClass {
  const internals = internalsOf(socket)
  internals.route.forward = async (c, snapshot, headers) => {
    const stub = object(c)
    let response: (Response & { webSocket?: CloudflareSocket }) | undefined
    try {
      response = (await stub.fetch(socketRequest(snapshot))) as Response
    } catch (error) {
      emit({ type: 'error', error, where: 'object', connection: snapshot.id })
    }
    return response?.webSocket
      ? switchingProtocols(response.webSocket, headers)
      : refusal(503, 'The object took no socket', { 'Retry-After': '5' })
  }
  internals.remote = async (c, address, frame) => {
    const { status } = (await object(c).fetch(publishRequest({ address, frame }))) as Response
    if (status !== 204) throw new Error(`Cannot publish: the object answered ${status}`)
  }
  checkLimits({ maxMessageBytes: options.maxMessageBytes })
  const most = options.maxMessageBytes ?? MAX_MESSAGE_BYTES

  return class DurableSocket {
    readonly #state: DurableState
    readonly #env: unknown
    readonly #hosted: Hosted
    readonly #timers = ownTimers()
    readonly #receivers = new WeakMap<CloudflareSocket, Receiver>()
    readonly #vigil = new Vigil()

    constructor(state: DurableState, env: unknown) {
      this.#state = state
      this.#env = env
      this.#hosted = internals.host()
      const { hub } = this.#hosted
      // A raw socket hears every message, `ping` too.
      if (!hub) return
      answerPings(state)
      hub.wake = () => {
        hub.wake = undefined
        for (const each of state.getWebSockets()) this.#receiverOf(each)
      }
    }

    async fetch(request: Request): Promise<Response> {
      if (isPublish(request)) {
        const { address, frame } = (await request.json()) as Publication
        this.#hosted.hub?.publish(address, frame)
        return new Response(null, { status: 204 })
      }
      const snapshot = snapshotIn(request)
      if (!snapshot) return refusal(404, 'Not Found')
      const { client, server } = newPair()
      keep(server, snapshot)
      this.#state.acceptWebSocket(server)
      this.#accept(server, snapshot).open()
      return switchingProtocols(client, new Headers())
    }

    webSocketMessage(socket: CloudflareSocket, data: string | ArrayBuffer): void {
      const receiver = this.#receiverOf(socket)
      receiver?.message(typeof data === 'string' ? data : new Uint8Array(data))
      if (receiver instanceof Connection) this.#vigil.watch(receiver)
    }

    webSocketClose(socket: CloudflareSocket, code: number, reason: string): void {
      this.#lost(socket, code, reason)
      // A hibernating socket's Close is not answered by the runtime, whatever its compatibility date.
      reply(socket, code, reason)
    }

    webSocketError(socket: CloudflareSocket): void {
      this.#lost(socket, 1006, '')
    }

    #accept(socket: CloudflareSocket, snapshot: Snapshot): Receiver {
      const transport = new DurableTransport(socket, most, this.#timers)
      const receiver = this.#hosted.endpoint.accept(transport, snapshot, this.#env)
      this.#receivers.set(socket, receiver)
      return receiver
    }

    /**
     * The connection of a socket; made again from what the socket has kept if the object slept. What
     * this side has closed keeps nothing: to close it once more has no effect.
     */
    #receiverOf(socket: CloudflareSocket): Receiver | undefined {
      const known = this.#receivers.get(socket)
      if (known) return known
      const snapshot = snapshotOf(socket)
      if (!snapshot) {
        reply(socket, CloseCode.stateInvalid, 'state of another version')
        return undefined
      }
      const receiver = this.#accept(socket, snapshot)
      if (receiver instanceof Connection) this.#hosted.hub?.restore(receiver)
      if (!snapshot.opened) receiver.open()
      return receiver
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

function internalsOf(socket: object): SocketInternals {
  const internals = (socket as { [INTERNALS]?: SocketInternals })[INTERNALS]
  if (!internals) {
    throw new TypeError('Cannot make a Durable Object: give it what socket() or raw() returned')
  }
  return internals
}

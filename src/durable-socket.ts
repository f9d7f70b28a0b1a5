import type { Context } from 'hono'
import { Connection } from './connection/connection.ts'
import { refusal } from './handshake/refusal.ts'
import { type Hosted, INTERNALS, type SocketInternals } from './internals.ts'
import { CloseCode } from './protocol/close-codes.ts'
import {
  type DurableState,
  DurableTransport,
  answerPings,
  snapshotOf,
} from './runtime/durable-object.ts'
import { MAX_MESSAGE_BYTES, type Receiver, type Snapshot } from './runtime/port.ts'
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

/** Only the Worker in front knows this address; what a client asks for never has it. */
const INSIDE = 'https://object.denwa.invalid'
const SNAPSHOT_HEADER = 'denwa-snapshot'

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
    const request = new Request(`${INSIDE}/socket`, {
      headers: {
        Upgrade: 'websocket',
        [SNAPSHOT_HEADER]: encodeURIComponent(JSON.stringify(snapshot)),
      },
    })
    const response = (await object(c).fetch(request)) as Response & { webSocket?: CloudflareSocket }
    return response.webSocket
      ? switchingProtocols(response.webSocket, headers)
      : refusal(503, 'The object took no socket')
  }
  internals.remote = async (c, address, frame) => {
    await object(c).fetch(
      new Request(`${INSIDE}/publish`, {
        method: 'POST',
        body: JSON.stringify({ address, frame }),
      }),
    )
  }
  const most = options.maxMessageBytes ?? MAX_MESSAGE_BYTES

  return class DurableSocket {
    readonly #state: DurableState
    readonly #env: unknown
    readonly #hosted: Hosted
    readonly #receivers = new WeakMap<CloudflareSocket, Receiver>()

    constructor(state: DurableState, env: unknown) {
      this.#state = state
      this.#env = env
      this.#hosted = internals.host()
      answerPings(state)
      const { hub } = this.#hosted
      if (hub) {
        hub.wake = () => {
          hub.wake = undefined
          for (const each of state.getWebSockets()) this.#receiverOf(each)
        }
      }
    }

    async fetch(request: Request): Promise<Response> {
      if (request.url === `${INSIDE}/publish`) {
        const { address, frame } = (await request.json()) as { address: string; frame: string }
        this.#hosted.hub?.publish(address, frame)
        return new Response(null, { status: 204 })
      }
      const header = request.headers.get(SNAPSHOT_HEADER)
      if (request.url !== `${INSIDE}/socket` || header === null) return refusal(404, 'Not Found')
      const snapshot = JSON.parse(decodeURIComponent(header)) as Snapshot
      const { client, server } = newPair()
      this.#state.acceptWebSocket(server)
      this.#accept(server, snapshot).open()
      return switchingProtocols(client, new Headers())
    }

    webSocketMessage(socket: CloudflareSocket, data: string | ArrayBuffer): void {
      const message = typeof data === 'string' ? data : new Uint8Array(data)
      this.#receiverOf(socket)?.message(message)
    }

    webSocketClose(socket: CloudflareSocket, code: number, reason: string): void {
      this.#receiverOf(socket)?.lost(code, reason)
      // A hibernating socket's Close is not answered by the runtime, whatever its compatibility date.
      reply(socket, code, reason)
    }

    webSocketError(socket: CloudflareSocket): void {
      this.#receiverOf(socket)?.lost(1006, '')
    }

    #accept(socket: CloudflareSocket, snapshot: Snapshot): Receiver {
      const transport = new DurableTransport(socket, most)
      transport.persist(snapshot)
      const receiver = this.#hosted.endpoint.accept(transport, snapshot, this.#env)
      this.#receivers.set(socket, receiver)
      return receiver
    }

    /** The connection of a socket; made again from what the socket has kept if the object slept. */
    #receiverOf(socket: CloudflareSocket): Receiver | undefined {
      const known = this.#receivers.get(socket)
      if (known) return known
      const snapshot = snapshotOf(socket)
      if (!snapshot) {
        socket.close(CloseCode.stateInvalid, 'state of another version')
        return undefined
      }
      const receiver = this.#accept(socket, snapshot)
      if (receiver instanceof Connection) this.#hosted.hub?.restore(receiver)
      if (!snapshot.opened) receiver.open()
      return receiver
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

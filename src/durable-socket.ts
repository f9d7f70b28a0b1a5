import type { Context } from 'hono'
import { type Errand, FarBroker } from './broker/far.ts'
import { type ObjectStorage, sqlOf, storedBroker } from './broker/stored.ts'
import type { Command } from './channel/channel.ts'
import { type Slot, planOf } from './handshake/plan.ts'
import { refusal, unavailable } from './handshake/refusal.ts'
import { INTERNALS } from './handshake/route.ts'
import { tell } from './handshake/told.ts'
import type { SocketInternals, WithInternals } from './internals.ts'
import { storedKeys } from './keys/stored.ts'
import { emit } from './observe.ts'
import { CloseCode } from './protocol/close-codes.ts'
import type { DurableState } from './runtime/durable-object.ts'
import { answerOf, commandRequest, socketRequest } from './runtime/inside.ts'
import type { Snapshot } from './runtime/port.ts'
import { FOR_READER } from './runtime/readers.ts'
import { type CloudflareSocket, switchingProtocols } from './runtime/worker.ts'
import { type CloseOptions, type ServeOptions, wireLimits } from './serve.ts'
import { SocketHost } from './socket-object.ts'

/** A Durable Object, as a Worker reaches it: `env.ROOM.getByName(name)`. */
export interface DurableObjectStub {
  fetch(input: any, init?: any): Promise<unknown>
}

/** Options of {@linkcode durableSocket}. */
export interface DurableSocketOptions extends Pick<
  ServeOptions,
  'maxMessageBytes' | 'maxQueueBytes'
> {
  /**
   * Where a channel lives, by its address: an object of the class that `durableChannels` made. Connections
   * in several objects share its channels so.
   *
   * @default each object has channels of its own
   */
  channels?: (env: any, address: string) => DurableObjectStub
}

/** An object with sockets in it. */
export interface SocketObject {
  fetch(request: Request): Promise<Response>
  /** Ends all connections as `close` of a server does; the object takes new ones afterwards. */
  drain(options?: CloseOptions): Promise<void>
  /**
   * Does what is due. An object has one alarm, which sockets and your class share: an `alarm` of yours
   * calls this one, and asks again for what is not due yet, for it may go off before your time.
   */
  alarm(): void
  /**
   * Has `alarm` called at that time, in milliseconds since the epoch, or before. `setAlarm` of the storage
   * would put off what sockets wait for.
   */
  wakeAt(at: number): void
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
  options: DurableSocketOptions = {},
): DurableObjectClass {
  const internals = internalsOf(socket)
  const limits = wireLimits(options)

  internals.route.forward = async (c, snapshot, headers) => {
    const answer = await knock(() => object(c), snapshot, planOf(c).slots)
    if (answer.webSocket) {
      if (!c.req.raw.signal.aborted) return switchingProtocols(answer.webSocket, headers)
      // Else the object would never hear that nobody came.
      answer.webSocket.accept()
      answer.webSocket.close(CloseCode.goingAway, '')
      return refusal(400, 'Bad Request')
    }
    if (answer.headers.has(FOR_READER)) return streamed(answer, headers)
    const why = (await answer.text()).trim()
    tell({ status: answer.status, why }, snapshot.route)
    return refusedBy(answer, why, headers)
  }
  const { channels } = options
  internals.remote = async (c, command) => {
    const isFar = channels && command.do !== 'disconnect'
    const target = isFar ? channels(c.env, command.address) : object(c)
    return ask(target, command)
  }
  return class DurableSocket extends SocketHost {
    constructor(state: HostState, env: unknown) {
      const stored = storedBroker(state.storage, Date.now)
      const reach = channels && ((errand: Errand) => ask(channels(env, errand.address), errand))
      const far = reach && new FarBroker(String(state.id), reach, stored)
      const keys = storedKeys(state.storage, String(state.id).slice(0, 12), Date.now)
      const hosted = internals.host(far ?? stored, keys)
      if (hosted.hub?.features.some((feature) => !far || feature === 'presence')) {
        sqlOf(state.storage)
      }
      super(state, env, hosted, limits, far)
      if (far && hosted.hub) {
        hosted.hub.outward = (command) => ask(channels!(env, command.address), command)
      }
    }
  }
}

/** `DurableObjectState`, as far as it is used. */
interface HostState extends DurableState {
  readonly id: object
  readonly storage: DurableState['storage'] & ObjectStorage
}

async function ask(object: DurableObjectStub, command: Command | Errand): Promise<any> {
  try {
    return await answerOf((await object.fetch(commandRequest(command))) as Response)
  } catch (cause) {
    throw new Error(`Cannot ${command.do}: ${(cause as Error).message}`, { cause })
  }
}

/** An object's answer, with a socket or without. */
type Answer = Response & { readonly webSocket?: CloudflareSocket | null }

/** Asks an object to take a socket. What goes wrong there is nothing that a client is told. */
async function knock(
  object: () => DurableObjectStub,
  snapshot: Snapshot,
  slots: readonly Slot[] | undefined,
): Promise<Answer> {
  try {
    const answer = (await object().fetch(socketRequest(snapshot, slots))) as Answer
    if (answer.webSocket || answer.headers.has('Retry-After')) return answer
    if (answer.headers.has(FOR_READER)) return answer
    throw new Error(`Cannot open a socket: the object answered ${answer.status}`)
  } catch (error) {
    const { id: connection, route } = snapshot
    emit({ type: 'error', error, where: 'object', connection, route })
    return unavailable('The object took no socket')
  }
}

/** The Worker's own response, with what middleware has set; what came from an object cannot be added to. */
function refusedBy(answer: Response, why: string, headers: Headers): Response {
  const retryAfter = answer.headers.get('Retry-After') ?? ''
  const refused = refusal(answer.status, why, { 'Retry-After': retryAfter })
  headers.delete('Sec-WebSocket-Protocol')
  refused.headers.forEach((value, name) => headers.set(name, value))
  return new Response(refused.body, { status: answer.status, headers })
}

/** What a reader of events gets, with what middleware has set. */
function streamed(answer: Response, headers: Headers): Response {
  answer.headers.forEach((value, name) => headers.set(name, value))
  headers.delete(FOR_READER)
  return new Response(answer.body, { status: answer.status, headers })
}

/** @throws {TypeError} if it is none */
export function internalsOf(socket: object): SocketInternals {
  const internals = (socket as WithInternals)[INTERNALS]
  if (!internals) {
    throw new TypeError('Cannot make a Durable Object: give it what socket() or raw() returned')
  }
  return internals
}

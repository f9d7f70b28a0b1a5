/**
 * React hooks for the client: sockets and channels that live as long as the components that use them, and what
 * they say of themselves as state.
 *
 * @module
 */
import { address } from '../client/address.ts'
import type { Status, Why } from '../client/call.ts'
import type { ChannelStatus } from '../client/channel.ts'
import type { RequestError } from '../client/errors.ts'
import type { Presence } from '../client/presence.ts'
import type { Position } from '../client/subscription.ts'
import type { ClientChannel, ClientSocket } from '../client/typed.ts'
import type { ChannelParams, Channels, ContractDef, Events, Out, Schema } from '../contract.ts'
import { keyOf } from './key.ts'
import { Latest } from './latest.ts'
import { NOBODY, type Present, present } from './present.ts'
import { Shared } from './shared.ts'
import { useLatest, useShared } from './use-shared.ts'

export type { Present }

/** Where a socket can be opened: `client.chat[':room']` of `createClient`, or any other object with `$ws`. */
export interface Endpoint<D extends ContractDef, A extends [args?: unknown]> {
  /** Opens it. */
  $ws(...args: A): ClientSocket<D>
}

/** What it is opened with has its place, also where that is nothing. */
type Opening<A extends unknown[]> = A extends [] ? [args?: Readonly<Record<string, never>>] : A

/** What to call with what comes, by the names of the events. */
export type Listeners<E> = { readonly [K in keyof E]?: ((data: Out<E[K]>) => void) | undefined }

/** What a component wants to hear of a socket. Functions of the last render are called. */
export interface UseSocketOptions<D extends ContractDef> {
  /** Events of the server. */
  on?: Listeners<Events<D>> | undefined
  /** What was wrong with a message, or with a new credential. */
  onError?: ((error: RequestError) => void) | undefined
}

/** What a component wants to hear of a channel. Functions of the last render are called. */
export interface UseChannelOptions<C> {
  /** Goes on from there: a position that was kept, as over the reload of a page. */
  since?: Position | undefined
  /** Without a position: begins with up to that many of the newest publications. @default {0} */
  last?: number | undefined
  /** What is published. */
  on?: Listeners<C extends { events: infer E } ? E : {}> | undefined
  /** Called once when what was missed cannot be told any more: load anew what the channel feeds. */
  onReset?: ((reason: string) => void) | undefined
}

/** How a connection is doing. */
export interface SocketState {
  /** `undefined`: there is no socket yet. */
  readonly status: Status | undefined
  /** With `waiting` and `closed`. */
  readonly why?: Why | undefined
}

/** How a channel is doing. */
export interface ChannelState {
  /** `undefined`: there is no channel yet. */
  readonly status: ChannelStatus | undefined
  /** With `left`, unless one has left by oneself. */
  readonly error?: RequestError | undefined
}

type AnySocket = ClientSocket<any>
type AnyChannel = ClientChannel<any>
/** What sockets and channels have in common. */
type Source = Pick<AnySocket, 'status' | 'onStatus'> | Pick<AnyChannel, 'status' | 'onStatus'>
type State = SocketState & ChannelState

const NO_STATE: State = { status: undefined }

const states = new Latest<Source, State>((source, change) => {
  const isSocket = 'send' in source
  source.onStatus((status: any, said: any) =>
    change(() => ({ status, [isSocket ? 'why' : 'error']: said })),
  )
  return { status: source.status as never }
})

const crowds = new Latest<Pick<AnyChannel, 'presence'>, Present<any>>(({ presence }, change) => {
  const look = (before: Present<any>): Present<any> => present<any>(presence, before)
  ;(presence as Presence).on('sync', () => change(look))
  return look(NOBODY)
})

const sockets = new Shared<AnySocket>({
  isOver: ({ status }) => status === 'closed',
  end: (socket) => socket.close(),
})

/** Channels on which one was before are not the components' to leave. */
interface Joined {
  readonly channel: AnyChannel
  readonly isOwn: boolean
}

const joined = new Shared<Joined>({
  isOver: ({ channel }) => channel.status === 'left',
  end: ({ channel, isOwn }) => void (isOwn && channel.leave()),
})

/**
 * A socket that is open as long as a component uses it. Components that ask for the same endpoint of the same
 * client, with the same arguments, share one.
 *
 * `undefined` on a server, in the first render of the first component, and without an endpoint: so a component
 * can do without. A socket that is closed for good is opened again when one more component asks for it.
 *
 * @throws {TypeError} in an effect, if there is no such address
 *
 * @example
 * ```tsx
 * import { contract, socket } from 'denwa'
 * import { createClient } from 'denwa/client'
 * import { useSocket, useStatus } from 'denwa/react'
 * import { Hono } from 'hono'
 * import { z } from 'zod'
 *
 * const chat = contract({
 *   messages: { typing: z.boolean() },
 *   events: { notice: z.string() },
 * })
 * const app = new Hono().get('/chat/:room', socket(chat, { messages: { typing() {} } }))
 *
 * const client = createClient<typeof app>('https://example.com')
 *
 * export function Line({ room, show }: { room: string; show: (notice: string) => void }) {
 *   const socket = useSocket(client.chat[':room'], { param: { room } }, { on: { notice: show } })
 *   const { status } = useStatus(socket)
 *   return <input disabled={status !== 'open'} onChange={() => socket?.send('typing', true)} />
 * }
 * ```
 */
export function useSocket<D extends ContractDef, A extends [args?: unknown]>(
  endpoint: Endpoint<D, A> | undefined,
  ...[args, options]: [...args: Opening<A>, options?: UseSocketOptions<D>]
): ClientSocket<D> | undefined {
  const key = keyOf(args ?? {})
  const { on, onError } = (options ?? {}) as UseSocketOptions<any>
  const begin = (): AnySocket => {
    const socket = endpoint!.$ws(...([JSON.parse(key)] as unknown as A))
    // What it says from now on is known to who asks later.
    states.of(socket)
    return socket
  }
  return useShared(sockets, endpoint, key, begin, hearSocket, { ...on, $error: onError })
}

/**
 * A channel that is joined as long as a component uses it: whichever ask for the same one of a socket share it,
 * and the last leaves. One that was joined without these hooks is not left. Events reach every component that
 * listens, each once, and none that shows another channel by then.
 *
 * `undefined` without a socket, on a server and in the first render. `since` and `last` count for the component
 * that is the first. A channel that was left for good is joined again when one more component asks for it.
 *
 * @throws {TypeError} if a parameter is missing; in an effect, if `since` is no position
 *
 * @example
 * ```tsx
 * import { contract } from 'denwa'
 * import type { ClientSocket } from 'denwa/client'
 * import { useChannel } from 'denwa/react'
 * import { useState } from 'react'
 * import { z } from 'zod'
 *
 * const chat = { channels: { 'room/:room': { events: { said: z.string() } } } }
 *
 * export function Room({ socket, room }: { socket: ClientSocket<typeof chat>; room: string }) {
 *   const [texts, setTexts] = useState<string[]>([])
 *   useChannel(socket, 'room/:room', { room }, {
 *     last: 50,
 *     on: { said: (text) => setTexts((before) => [...before, text]) },
 *     onReset: () => setTexts([]),
 *   })
 *   return texts.map((text, index) => <p key={index}>{text}</p>)
 * }
 * ```
 */
export function useChannel<D extends ContractDef, K extends keyof Channels<D> & string>(
  socket: ClientSocket<D> | undefined,
  name: K,
  params: ChannelParams<K>,
  options: UseChannelOptions<Channels<D>[K]> = {},
): ClientChannel<Channels<D>[K]> | undefined {
  const { on, onReset, since, last } = options as UseChannelOptions<any>
  const key = address(name, params as Record<string, string>)
  const begin = (): Joined => {
    const isOwn = !Object.hasOwn(socket!.positions(), key)
    const channel: AnyChannel = socket!.channel(name, params, { since, last: last! })
    states.of(channel)
    return { channel, isOwn }
  }
  const ears = { ...on, $reset: onReset }
  return useShared(joined, socket, key, begin, hearChannel, ears)?.channel as never
}

/**
 * Who is on a channel with presence. The result, and what it says of each member, are the same objects as in the
 * last render unless they have changed.
 *
 * @example
 * ```tsx
 * import type { ClientChannel } from 'denwa/client'
 * import { usePresence } from 'denwa/react'
 * import { z } from 'zod'
 *
 * const room = { events: {}, presence: z.object({ name: z.string() }) }
 *
 * export function People({ channel }: { channel: ClientChannel<typeof room> | undefined }) {
 *   const { members, self } = usePresence(channel)
 *   return [...members].map(([key, { name }]) => <li key={key}>{key === self ? 'you' : name}</li>)
 * }
 * ```
 */
export function usePresence<C extends { presence: Schema }>(
  channel: ClientChannel<C> | undefined,
): Present<Out<C['presence']>> {
  return useLatest(crowds, channel as AnyChannel | undefined, NOBODY)
}

/**
 * How a socket or a channel is doing. The result is the same object until that changes.
 *
 * @example
 * ```tsx
 * import type { ClientSocket } from 'denwa/client'
 * import { useStatus } from 'denwa/react'
 *
 * export function Banner({ socket }: { socket: ClientSocket<{}> | undefined }) {
 *   const { status, why } = useStatus(socket)
 *   if (status === 'closed') return <p>Refused: {why?.reason}</p>
 *   return status === 'waiting' ? <p>Offline</p> : null
 * }
 * ```
 */
export function useStatus(socket: Pick<AnySocket, 'status' | 'onStatus'> | undefined): SocketState
/** How a channel is doing. The result is the same object until that changes. */
export function useStatus(
  channel: Pick<AnyChannel, 'status' | 'onStatus'> | undefined,
): ChannelState
export function useStatus(source: Source | undefined): State {
  return useLatest(states, source, NO_STATE)
}

function hearSocket(socket: AnySocket, name: string, listener: (data: any) => void): () => void {
  return name === '$error' ? socket.onError(listener) : socket.on(name as never, listener)
}

function hearChannel({ channel }: Joined, name: string, listener: (data: any) => void): () => void {
  return name === '$reset' ? channel.onReset(listener) : channel.on(name as never, listener)
}

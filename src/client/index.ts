/**
 * The client: a socket that comes back, requests and streams on it, and channels that go on where they were.
 *
 * @module
 */
import { type ConnectOptions, open } from './browser.ts'
import { Channels } from './channels.ts'
import { Socket } from './socket.ts'

export { type ConnectOptions, watch } from './browser.ts'
export type { Status, Why } from './call.ts'
export type { Channel, ChannelStatus, JoinOptions } from './channel.ts'
export { type Credential, type GetCredential, bearer, firstFrame, inQuery } from './credential.ts'
export { createClient } from './client.ts'
export { RequestError } from './errors.ts'
export type { Presence } from './presence.ts'
export { type Queue, type QueueOptions, offline } from './queue.ts'
export type { RequestOptions } from './requests.ts'
export { stream } from './streams.ts'
export type { AnswerTo, Client, ClientChannel, ClientSocket } from './typed.ts'
export type { Position } from './subscription.ts'
export type { Channels, Socket }

/**
 * Connects, and comes back whenever the connection ends, until it is closed here or the server says so.
 *
 * @throws {TypeError} if `url` is none
 *
 * @example
 * ```ts
 * import { channels, connect } from 'denwa/client'
 *
 * export async function enter(): Promise<void> {
 *   const socket = connect('wss://example.com/chat')
 *   socket.on('greeting', (greeting) => console.log(greeting))
 *   channels(socket).join('room/42').on('said', (said) => console.log(said))
 *   await socket.request('say', { text: 'hi' })
 * }
 * ```
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Socket {
  return open(Socket, new URL(url, globalThis.location?.href), options)
}

const known = new WeakMap<Socket, Channels>()

/**
 * The channels of a socket: always the same for the same one.
 *
 * @example
 * ```ts
 * import { channels, connect } from 'denwa/client'
 *
 * export function follow(show: (text: string) => void, load: () => void): () => Promise<void> {
 *   const room = channels(connect('wss://example.com/chat')).join('room/42')
 *   room.on('said', ({ text }) => show(text))
 *   room.onReset(load)
 *   return () => room.leave()
 * }
 * ```
 */
export function channels(socket: Socket): Channels {
  let found = known.get(socket)
  if (!found) known.set(socket, (found = new Channels(socket)))
  return found
}

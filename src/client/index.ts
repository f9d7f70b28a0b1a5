/**
 * The client: a socket that comes back, requests and streams on it, and channels that go on where they were.
 *
 * @module
 */
import { type ConnectOptions, open, timers, wake } from './browser.ts'
import { Reconnecting, type ReconnectingOptions } from './reconnecting.ts'
import { Socket } from './socket.ts'

export { type ConnectOptions, type WebSocketLike, watch } from './browser.ts'
export type { Backoff } from './backoff.ts'
export type { SocketOptions, Status, Why } from './call.ts'
export type { Channel, ChannelStatus, JoinOptions } from './channel.ts'
export { type Channels, channels } from './channels.ts'
export { type Credential, type GetCredential, bearer, firstFrame, inQuery } from './credential.ts'
export { createClient } from './client.ts'
export { RequestError } from './errors.ts'
export type { Presence } from './presence.ts'
export { type Queue, type QueueOptions, offline } from './queue.ts'
export type { RequestOptions } from './requests.ts'
export { stream } from './streams.ts'
export type { AnswerTo, Client, ClientChannel, ClientSocket } from './typed.ts'
export type { Position } from './subscription.ts'
export type { ReconnectingOptions, Socket }

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

/**
 * A `WebSocket` that comes back, for endpoints without a contract: also through the `webSocket` option of Hono's
 * `hc`. It raises `open` with each connection, `error` when one is lost that it comes back from, and `close` once:
 * when it is closed, or the server ends it for good (4000 to 4199 and 4500 to 4999). What is sent while it is away
 * waits for the next connection.
 *
 * @throws {SyntaxError} if the platform cannot dial that address
 *
 * @example
 * ```ts
 * import { raw } from 'denwa'
 * import { reconnecting } from 'denwa/client'
 * import { Hono } from 'hono'
 * import { hc } from 'hono/client'
 *
 * const app = new Hono().get('/echo', raw({ message: (c, data) => c.send(data) }))
 *
 * export function echo(): WebSocket {
 *   const client = hc<typeof app>('https://example.com', {
 *     webSocket: (url, protocols) => reconnecting(url, protocols),
 *   })
 *   return client.echo.$ws()
 * }
 * ```
 */
export function reconnecting(
  url: string | URL,
  protocols?: string | string[],
  options: ReconnectingOptions = {},
): WebSocket {
  const Native = options.WebSocket ?? WebSocket
  const socket = new Reconnecting(`${url}`, protocols, options, Native, timers)
  socket.addEventListener(
    'close',
    wake(() => socket.check()),
  )
  return socket as unknown as WebSocket
}

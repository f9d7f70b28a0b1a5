import type { Dial, Io } from './line.ts'
import type { Socket, SocketOptions } from './socket.ts'

/** As much of a `WebSocket` as is needed: those of platforms are, and those of `ws`. */
export interface WebSocketLike {
  readonly protocol: string
  readonly bufferedAmount: number
  onopen: ((event: any) => void) | null
  onmessage: ((event: any) => void) | null
  onclose: ((event: any) => void) | null
  onerror: ((event: any) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

/** Options of {@linkcode connect}. */
export interface ConnectOptions extends SocketOptions {
  /** Sockets other than the platform's own. */
  WebSocket?: new (url: string, protocols: string[]) => WebSocketLike
}

/** Opens a socket of the platform: of browsers, and of servers that have the same. */
export function open<S>(
  Kind: new (url: string, options: SocketOptions, io: Io) => S,
  url: URL,
  options: ConnectOptions,
): S {
  const Native: ConnectOptions['WebSocket'] = options.WebSocket ?? WebSocket
  const dial: Dial = (url, protocols, { open, message, close }) => {
    const socket = new Native(url, protocols)
    socket.onopen = () => open(socket.protocol)
    socket.onmessage = ({ data }) => message(data)
    socket.onclose = ({ code, reason }) => close(code, reason)
    // An error that nobody hears ends the process, with `ws`. A close follows.
    socket.onerror = () => {}
    return socket
  }
  return new Kind(url.href.replace(/^http/, 'ws'), options, { dial, timers })
}

export const timers: Io['timers'] = {
  // A machine that sleeps stops all other clocks, and what was said before is old nevertheless.
  now: Date.now,
  random: Math.random,
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}

/** Not every runtime has one, nor its type. */
declare const document: { readonly hidden: boolean } | undefined

/** Calls when the network or the page is back. The result ends it. */
export function wake(task: () => void): () => void {
  if (typeof document === 'undefined') return () => {}
  const gone = new AbortController()
  for (const event of ['online', 'visibilitychange']) {
    addEventListener(event, () => document?.hidden || task(), { signal: gone.signal })
  }
  return () => gone.abort()
}

/**
 * Has a socket look at its connection when the network or the page is back, until it is closed. Sockets of
 * `createClient` do so by themselves.
 *
 * @example
 * ```ts
 * import { connect, watch } from 'denwa/client'
 *
 * export const enter = () => watch(connect('wss://example.com/chat'))
 * ```
 */
export function watch<S extends Pick<Socket, 'check' | 'onStatus'>>(socket: S): S {
  const stop = wake(() => socket.check())
  socket.onStatus((status) => status === 'closed' && stop())
  return socket
}

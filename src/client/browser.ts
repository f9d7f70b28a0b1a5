import type { Dial, Io } from './line.ts'
import type { Socket, SocketOptions } from './socket.ts'

/** Options of {@linkcode connect}. */
export interface ConnectOptions extends SocketOptions {
  /** Sockets other than the platform's own. */
  WebSocket?: typeof WebSocket
}

/** Opens a socket of the platform: of browsers, and of servers that have the same. */
export function open<S>(
  Kind: new (url: string, options: SocketOptions, io: Io) => S,
  url: URL,
  options: ConnectOptions,
): S {
  const dial = webSockets(options.WebSocket)
  return new Kind(url.href.replace(/^http/, 'ws'), options, { dial, timers })
}

function webSockets(Native: typeof WebSocket = WebSocket): Dial {
  return (url, protocols, events) => {
    const socket = new Native(url, protocols)
    socket.onopen = () => events.open(socket.protocol)
    socket.onmessage = ({ data }) => events.message(data)
    socket.onclose = ({ code, reason }) => events.close(code, reason)
    return socket
  }
}

const timers: Io['timers'] = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}

/** Has the socket look at its connection when the network or the page is back, until it is closed. */
export function watch<S extends Socket>(socket: S): S {
  if (typeof document === 'undefined') return socket
  const check = (): void => {
    if (!document.hidden) socket.check()
  }
  const gone = new AbortController()
  for (const event of ['online', 'visibilitychange']) {
    addEventListener(event, check, { signal: gone.signal })
  }
  socket.onStatus((status) => status === 'closed' && gone.abort())
  return socket
}

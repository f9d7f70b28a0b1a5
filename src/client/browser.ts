import type { Dial, Io } from './line.ts'
import type { Socket } from './socket.ts'

/** Sockets of the platform: browsers, and servers that have the same. */
export function webSockets(Native: typeof WebSocket = WebSocket): Dial {
  return (url, protocols, events) => {
    const socket = new Native(url, protocols)
    socket.onopen = () => events.open(socket.protocol)
    socket.onmessage = ({ data }) => events.message(data)
    socket.onclose = ({ code, reason }) => events.close(code, reason)
    return socket
  }
}

export const timers: Io['timers'] = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}

/** Has the socket look at its connection when the network or the page is back. */
export function watch(socket: Socket): void {
  if (typeof document === 'undefined') return
  const check = (): void => {
    if (!document.hidden) socket.check()
  }
  const gone = new AbortController()
  for (const event of ['online', 'visibilitychange']) {
    addEventListener(event, check, { signal: gone.signal })
  }
  socket.onStatus((status) => status === 'closed' && gone.abort())
}

import { readAnswer } from '../raw/answer.ts'
import { upgradeRequest } from '../raw/request.ts'
import { RawSocket } from '../raw/socket.ts'
import { dial } from '../raw/wire.ts'
import type { Link, OpenInit } from './target.ts'

/** Sockets over TCP, by the raw client. */
export function tcpLink(url: string): (path: string, init: OpenInit) => Promise<Link> {
  return async (path, init) => {
    const wire = await dial(url)
    wire.write(upgradeRequest(url, { target: path, ...init }))
    // A guard may take up to 5 s before the server gives it up.
    const answer = await readAnswer(wire, 7_000)
    const base = {
      status: answer.status,
      body: answer.body,
      header: answer.header,
      destroy: () => wire.destroy(),
    }
    if (answer.status !== 101) return { ...base, ...unopened }
    const socket = new RawSocket(wire, answer)
    return {
      ...base,
      send: (data) => socket.send(data),
      message: (timeoutMs) => socket.next(timeoutMs),
      closed: (timeoutMs) => socket.closed(timeoutMs),
      close: (code, reason) => socket.close(code, reason),
    }
  }
}

const refuse = (): never => {
  throw new Error('this handshake was refused')
}

export const unopened: Pick<Link, 'send' | 'message' | 'closed' | 'close'> = {
  send: refuse,
  message: refuse,
  closed: refuse,
  close: refuse,
}

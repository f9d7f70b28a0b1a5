import { connect } from 'node:net'

export interface Target {
  port: number
  path: string
  subprotocol?: string | undefined
}
export interface Listener {
  onBytes(bytes: Buffer, end: number): void
  onLost(error: Error): void
}
/** A WebSocket as thin as it gets: bytes in, bytes out. */
export interface Peer {
  write(bytes: Uint8Array): void
  end(): void
}

// One for all: it is filled and handed over before the next socket is read.
const buffer = Buffer.allocUnsafe(256 * 1024)

export function open(target: Target, listener: Listener): Promise<Peer> {
  const { port, path, subprotocol } = target
  return new Promise((resolve, reject) => {
    let head = ''
    let accepted = false
    let ended = false

    const peer: Peer = {
      write: (bytes) => void socket.write(bytes),
      end() {
        ended = true
        socket.destroy()
      },
    }
    const onHead = (end: number): void => {
      head += buffer.toString('latin1', 0, end)
      const length = head.indexOf('\r\n\r\n') + 4
      if (length < 4) return
      if (!head.startsWith('HTTP/1.1 101 ')) return reject(new Error(`${path}: ${head}`))
      accepted = true
      resolve(peer)
      const rest = Buffer.from(head.slice(length), 'latin1')
      if (rest.length > 0) listener.onBytes(rest, rest.length)
    }
    const callback = (end: number): boolean => {
      if (accepted) listener.onBytes(buffer, end)
      else onHead(end)
      return true
    }
    const onLost = (error: Error): void => {
      if (!accepted) reject(error)
      else if (!ended) listener.onLost(error)
    }

    const onread = { buffer, callback }
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    socket.on('error', onLost)
    socket.on('close', () => onLost(new Error(`${path}: the server hung up`)))
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
        (subprotocol ? `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n` : '\r\n'),
    )
  })
}

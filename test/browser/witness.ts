import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Shown {
  origin: string | undefined
  cookie: string | undefined
}

export interface Witness {
  readonly port: number
  /** What the browser showed with its latest handshake. */
  shown(): Shown | undefined
  close(): void
}

/** Somebody else's server: has a page, and notes what a handshake from any page carries. */
export async function witness(): Promise<Witness> {
  let shown: Shown | undefined
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><title>Somebody else</title>')
  })
  server.on('upgrade', ({ headers }, socket) => {
    shown = { origin: headers.origin, cookie: headers.cookie }
    socket.end('HTTP/1.1 418 Seen\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    shown: () => shown,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

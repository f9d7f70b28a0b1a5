import { type AddressInfo, type Socket, createServer } from 'node:net'
import { type Behaviour, behaviours, floods } from './behaviours.ts'
import { Guest } from './guest.ts'

export interface Hostile {
  readonly port: number
  /** How often a client has come for a behaviour, by TCP. */
  visits(name: string): number
  /** Connections that are there. */
  readonly live: number
  /** Bytes that it has been rid of for a behaviour. */
  sent(name: string): number
  close(): void
}

const wellMeant = { act: (guest: Guest): void => guest.welcome() }

/** A server over TCP that does to a client what its path says. `/` is one that means well. */
export async function hostile(): Promise<Hostile> {
  const visits = new Map<string, number>()
  const all = new Set<Socket>()
  const sent = new Map<string, number>()
  const server = createServer((socket) => {
    all.add(socket)
    socket.once('close', () => all.delete(socket))
    socket.on('error', () => {})
    let head = ''
    socket.on('data', function read(bytes: Buffer) {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', read)
      // What it says is not of interest, but has to be taken.
      socket.resume()
      const name = decodeURIComponent(/^GET \/(\S*)/.exec(head)?.[1] ?? '')
      visits.set(name, (visits.get(name) ?? 0) + 1)
      socket.once('close', () => sent.set(name, (sent.get(name) ?? 0) + socket.bytesWritten))
      const { act }: Pick<Behaviour, 'act'> = { ...behaviours, ...floods }[name] ?? wellMeant
      act(new Guest(socket, head))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    visits: (name) => visits.get(name) ?? 0,
    sent: (name) => sent.get(name) ?? 0,
    get live() {
      return all.size
    },
    close() {
      for (const socket of all) socket.destroy()
      server.close()
    },
  }
}

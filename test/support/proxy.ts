/** A network on loopback that can be told to misbehave: TCP to one port, by way of another. */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { Opcode, takeFrame } from '../../src/testing/raw/frame.ts'

/** What becomes of bytes on their way. */
export interface Weather {
  /** Ways on which nothing gets through; what is sent arrives when it is over, as TCP has it. */
  readonly hole?: 'up' | 'down' | 'both'
  /** Each byte is a packet. */
  readonly sliced?: boolean
  /** Milliseconds that everything takes longer. */
  readonly delayMs?: number
  /** Who connects is cut at once. */
  readonly isDown?: boolean
}

export interface Proxy {
  readonly port: number
  /** Connections so far. */
  readonly connections: number
  /** Those of them on which the server has said a Close. */
  readonly closes: number
  /** From now on, on all connections. */
  set(weather: Weather): void
  /** Ends all connections in order, by a FIN. */
  cut(): void
  /** Ends all connections by an RST. */
  reset(): void
  close(): Promise<void>
}

type Way = 'up' | 'down'
type Parcel = Buffer | 'fin' | 'rst'

/** Whether a Close is among them; HTTP in ASCII has no byte like one. */
function saysClose(frames: Buffer): boolean {
  for (let taken = takeFrame(frames); taken; taken = takeFrame(frames)) {
    const [{ fin, opcode }, length] = taken
    if (fin && opcode === Opcode.close) return true
    frames = frames.subarray(length)
  }
  return false
}

export async function proxyTo(target: number): Promise<Proxy> {
  let weather: Weather = {}
  let connections = 0
  let changed = Promise.withResolvers<void>()
  const sockets = new Set<Socket>()
  const closed = new Set<Socket>()
  const all = (task: (socket: Socket) => void): void => {
    for (const socket of [...sockets]) task(socket)
  }
  const isHole = (way: Way): boolean => weather.hole === 'both' || weather.hole === way

  async function carry(parcel: Parcel, sentAt: number, way: Way, to: Socket): Promise<void> {
    const late = sentAt + (weather.delayMs ?? 0) - performance.now()
    if (late > 0) await new Promise((resolve) => setTimeout(resolve, late))
    while (isHole(way)) await changed.promise
    if (parcel === 'fin') to.end()
    else if (parcel === 'rst') to.resetAndDestroy()
    else if (!weather.sliced) to.write(parcel)
    else {
      for (const byte of parcel) {
        to.write(Uint8Array.of(byte))
        await new Promise(setImmediate)
      }
    }
  }
  function lay(from: Socket, to: Socket, way: Way): void {
    let last = Promise.resolve()
    const send = (parcel: Parcel): void => {
      if (way === 'down' && typeof parcel !== 'string' && saysClose(parcel)) closed.add(from)
      const sentAt = performance.now()
      last = last.then(() => carry(parcel, sentAt, way, to))
    }
    sockets.add(from)
    from.setNoDelay()
    from.on('data', send)
    from.on('end', () => send('fin'))
    from.on('error', () => send('rst'))
    from.on('close', () => sockets.delete(from))
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections++
    if (weather.isDown) {
      client.on('error', () => {})
      client.destroy()
      return
    }
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    lay(client, upstream, 'up')
    lay(upstream, client, 'down')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    get closes() {
      return closed.size
    },
    set(next) {
      weather = next
      changed.resolve()
      changed = Promise.withResolvers()
    },
    cut: () => all((socket) => socket.destroySoon()),
    reset: () => all((socket) => socket.resetAndDestroy()),
    close() {
      all((socket) => socket.destroy())
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

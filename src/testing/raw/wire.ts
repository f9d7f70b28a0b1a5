import net from 'node:net'

/** How the other side ended the TCP connection. */
export type End = 'fin' | 'reset'

/** One TCP connection: bytes out as they are given, bytes in as they are asked for. */
export class Wire {
  readonly #socket: net.Socket
  readonly #waiting = new Set<() => void>()
  #bytes: Buffer = Buffer.alloc(0)
  #end: End | undefined

  constructor(socket: net.Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    socket.on('end', () => this.#finish('fin'))
    // EPIPE: we wrote after the other side had gone; what it sent before still counts.
    socket.on('error', () => this.#finish('reset'))
    socket.on('close', () => this.#finish('fin'))
  }

  write(data: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(data)
  }

  /** Runs `parse` over the bytes at hand until it takes some: `[value, bytes taken]`. */
  async take<T>(
    parse: (bytes: Buffer) => [T, number] | undefined,
    timeoutMs: number,
    what: string,
  ): Promise<T> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const taken = parse(this.#bytes)
      if (taken) {
        this.#bytes = this.#bytes.subarray(taken[1])
        return taken[0]
      }
      if (this.#end) throw new Error(`the connection ended (${this.#end}) before ${what}`)
      if (!(await this.#change(deadline - Date.now()))) {
        throw new Error(`no ${what} within ${timeoutMs} ms`)
      }
    }
  }

  /** Everything that arrives until the other side ends the connection. */
  async rest(timeoutMs = 2_000): Promise<Buffer> {
    await this.ended(timeoutMs)
    const bytes = this.#bytes
    this.#bytes = Buffer.alloc(0)
    return bytes
  }

  async ended(timeoutMs = 2_000): Promise<End> {
    const deadline = Date.now() + timeoutMs
    while (!this.#end) {
      if (!(await this.#change(deadline - Date.now()))) {
        throw new Error(`the connection is still open after ${timeoutMs} ms`)
      }
    }
    return this.#end
  }

  get end(): End | undefined {
    return this.#end
  }

  /** Ends our half: the server reads FIN, we still read. */
  fin(): void {
    this.#socket.end()
  }

  /** Ends it with a TCP reset, as a crashed peer does. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Stops reading: the peer's send buffer fills up. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  #finish(end: End): void {
    this.#end ??= end
    this.#wake()
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  #change(ms: number): Promise<boolean> {
    if (ms <= 0) return Promise.resolve(false)
    return new Promise((resolve) => {
      const settle = (changed: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve(changed)
      }
      const wake = (): void => settle(true)
      const timer = setTimeout(settle, ms, false)
      this.#waiting.add(wake)
    })
  }
}

/** Opens a TCP connection to the host and port of `url`. */
export async function dial(url: string, timeoutMs = 5_000): Promise<Wire> {
  const { hostname, port } = new URL(url)
  const socket = net.connect({ host: hostname, port: Number(port || 80), allowHalfOpen: true })
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no connection to ${url}`)), timeoutMs)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', reject)
      resolve()
    })
    socket.once('error', reject)
  })
  return new Wire(socket)
}

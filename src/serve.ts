/** Options of `serve()` and `handler()`. */
export interface ServeOptions {
  /** 0 picks a free one. @default {3000} */
  port?: number
  /** @default all interfaces */
  hostname?: string
  /** Largest message a client may send, in bytes; more ends the connection with 1009. @default {65536} */
  maxMessageBytes?: number
  /** Bindings: what handlers see as `c.env`, as on Cloudflare. */
  env?: object
}

/** A server that listens. */
export interface Server {
  /** Where it is reached from this machine: `http://localhost:3000`. */
  readonly url: string
  /** Stops listening and ends all connections. */
  close(): Promise<void>
}

export const DEFAULT_PORT = 3000

export function urlOf(hostname: string | undefined, port: number): string {
  const name =
    hostname === undefined || hostname === '0.0.0.0' || hostname === '::' ? 'localhost' : hostname
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

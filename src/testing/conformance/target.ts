import type { HeaderValues } from '../raw/request.ts'
import type { Capabilities } from './capabilities.ts'

/** A runtime under test: the app of `denwa/conformance/app`, served by it. */
export interface Target {
  /** Shown in the names of the tests. */
  readonly name: string
  /** Where the app answers, `http://127.0.0.1:8787`. */
  readonly url: string
  readonly capabilities?: Partial<Capabilities>
  /** How to get a socket where there is no TCP. By default a raw connection to `url`. */
  readonly open?: (path: string, init: OpenInit) => Promise<Link>
  /** How to ask over HTTP where there is no TCP. By default a raw request to `url`. */
  readonly fetch?: (path: string, init: FetchInit) => Promise<Reply>
}

/** How a socket is asked for. */
export interface OpenInit {
  headers?: HeaderValues
  protocols?: string[]
}

/** How an ordinary request is made. */
export interface FetchInit {
  method?: string
  headers?: HeaderValues
  body?: string
}

/** The answer to either. */
export interface Reply {
  readonly status: number
  readonly body: string
  header(name: string): string | undefined
}

/** One try to open a socket. Refused: `status` is not 101, and the rest is never used. */
export interface Link extends Reply {
  send(data: string | Uint8Array): void
  /** The next whole message. */
  message(timeoutMs: number): Promise<string | Uint8Array>
  closed(timeoutMs: number): Promise<{ code: number; reason: string }>
  close(code?: number, reason?: string): void
  destroy(): void
}

/**
 * The port between the core and a runtime: how an upgrade is handed over, what may be done with an
 * accepted socket, and what the core wants to hear of it. All state lives in the core; an adapter
 * owns the native socket and its quirks.
 */

/** Largest message accepted unless an entry says otherwise. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024

/** Most bytes that may wait for a peer that does not read, where the runtime can bound it. */
export const MAX_QUEUE_BYTES: number = 1024 * 1024

/** Longest a handshake may think, in milliseconds: past it the client is answered 503. */
export const GUARD_TIMEOUT_MS = 5000

/** Where the server of HTTP is not ours to see: a handshake can be judged by less. */
export const ON_CLOUDFLARE: boolean = 'WebSocketPair' in globalThis

/** Time, as a runtime keeps it. */
export interface Timers {
  /** Milliseconds that never go backwards. */
  now(): number
  /** Runs `task` once after `ms`; the result calls it off. */
  after(ms: number, task: () => void): () => void
  /** Runs `task` when all that one read of the network brought has been handled. */
  soon(task: () => void): void
  /**
   * When that is: still in the same `turn`, so that everything may wait for it; or only `later`, so
   * that what is said first leaves at once; or `never` worth it, where the runtime joins by itself.
   */
  readonly joins: 'turn' | 'later' | 'never'
}

/** Topics that the runtime fans out by itself. */
export interface NativeTopics {
  publish(topic: string, text: string): void
}

/** An accepted socket, as the core drives it. No method throws, whatever the socket's condition. */
export interface Transport {
  readonly timers: Timers
  /** Largest message the peer may send, in bytes. */
  readonly maxMessageBytes: number
  /** Bytes accepted for sending and not yet on their way; `undefined` where the runtime does not tell. */
  readonly bufferedAmount: number | undefined
  send(data: string | Uint8Array): void
  close(code: number, reason: string): void
  readonly topics?: NativeTopics
  subscribe?(topic: string): void
  unsubscribe?(topic: string): void
  /** Stores what must outlive the memory of this process: a Durable Object's attachment. */
  persist?(snapshot: Snapshot): void
  /** The same for what changes with every message: in time before the memory can go. */
  persistSoon?(snapshot: Snapshot): void
}

/** What the core wants to hear of a socket. No method throws. */
export interface Receiver {
  /** The socket is open: called once, before anything else. */
  open(): void
  message(data: string | Uint8Array): void
  /** The socket is gone: called at least once, the first call counts. */
  lost(code: number, reason: string): void
}

/** All that crosses the 101, and all that survives hibernation: JSON, at most `MAX_SNAPSHOT_BYTES`. */
export interface Snapshot {
  readonly v: 1
  readonly id: string
  state: unknown
  /** The negotiated subprotocol, `''` if none. */
  readonly protocol: string
  /** Whether `open` has settled. */
  opened: boolean
  /** The highest request id met. */
  last: number
  /** Addresses of the channels joined. */
  channels: string[]
}

/** Accepts sockets for one socket route. */
export interface Endpoint {
  /** Makes the core's side of a socket that was just accepted, or is seen again after hibernation. */
  accept(transport: Transport, snapshot: Snapshot, env: unknown): Receiver
}

/** An upgrade that the route has granted and the entry has yet to perform. */
export interface Upgrade {
  readonly endpoint: Endpoint
  readonly snapshot: Snapshot
  /** Set where the socket lives in another place than the handshake: performs the upgrade there. */
  readonly forward?: (headers: Headers) => Promise<Response>
}

/**
 * Where the route's handler leaves a granted upgrade for the entry that called the app. It travels
 * in the bindings (`c.env`), which no middleware replaces.
 */
export interface Handover {
  upgrade?: Upgrade
  /** Proves that a response is the one which the granted upgrade belongs to. */
  readonly mark: string
}

export const HANDOVER: unique symbol = Symbol.for('denwa.handover')

/**
 * The status of the route's response, whose status text is the mark: `Response` allows no 101, a copy
 * of this one keeps both, and a response that takes its place has neither.
 */
export const MARK_STATUS = 204

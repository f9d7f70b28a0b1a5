/**
 * The port between the core and a runtime: how an upgrade is handed over, what may be done with an
 * accepted socket, and what the core wants to hear of it. All state lives in the core; an adapter
 * owns the native socket and its quirks.
 */

/** Largest message accepted unless an entry says otherwise. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024

/** Most bytes that may wait for a peer that does not read, unless an entry says otherwise. */
export const MAX_QUEUE_BYTES: number = 1024 * 1024

/** Longest a handshake may think, in milliseconds: past it the client is answered 503. */
export const GUARD_TIMEOUT_MS = 5000

/** Where the server of HTTP is not ours to see: a handshake can be judged by less. */
export const ON_CLOUDFLARE: boolean = 'WebSocketPair' in globalThis

/** Time, as a runtime keeps it, and chance. */
export interface Timers {
  /** Milliseconds that never go backwards. */
  now(): number
  /** From 0 up to 1. */
  random(): number
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
  /** 0 or less: somebody is behind, or nobody is there. */
  publish(topic: string, text: string): number
}

/** What a server allows each of its sockets: one object for all of them. */
export interface WireLimits {
  /** Largest message the peer may send. */
  readonly maxMessageBytes: number
  /** Most bytes that may wait for the peer: what is sent beyond them ends the connection. */
  readonly maxQueueBytes: number
}

/** An accepted socket, as the core drives it. No method throws, whatever the socket's condition. */
export interface Transport {
  readonly timers: Timers
  readonly limits: WireLimits
  /** Bytes accepted for sending and not yet on their way; `undefined` where the runtime does not tell. */
  readonly bufferedAmount: number | undefined
  /** `false`: too much waits already, and this was not sent. */
  send(data: string | Uint8Array): boolean
  close(code: number, reason: string): void
  /** Ends TCP without waiting for the peer, where the runtime can. */
  terminate?(): void
  /** Asks for a sign of life that the peer's side gives by itself; absent where the runtime sees to that. */
  ping?(): void
  /** Changes with signs of life that are no messages. */
  readonly heard?: number
  /** Has the connection look at its plan again at that time, though it may sleep until then. */
  wakeAt?(at: number): void
  readonly topics?: NativeTopics
  subscribe?(topic: string): void
  unsubscribe?(topic: string): void
  /** That much was published by a topic: as for `send`, though it was sent. */
  published?(bytes: number): boolean
  /** Stores what must outlive the memory of this process: a Durable Object's attachment. */
  persist?(snapshot: Snapshot): void
  /** The same for what changes with every message: in time before the memory can go. */
  persistSoon?(snapshot: Snapshot): void
}

/** What the core wants to hear of a socket. No method throws. */
export interface Receiver {
  /** Whether the socket is gone. */
  readonly gone: boolean
  /** Called when the socket is gone. */
  ended?: (() => void) | undefined
  /** The socket is open: called once, before anything else. */
  open(): void
  /** The socket was open before the process forgot it: called instead. */
  resume(): void
  message(data: string | Uint8Array): void
  /** The runtime has found that the peer gives no sign of life. */
  silent(): void
  /** Closes, and does not wait for the peer. */
  abandon(): void
  /** Does what the plan has due. */
  tick(): void
  /**
   * Ends the connection for a restart; `retry` is when the client may come back, from and to, in
   * milliseconds. `false`: not yet, something is at work. Nothing new is handled in any case.
   */
  drain(retry: readonly [number, number], force: boolean): boolean
  /** The socket is gone: called at least once, the first call counts. */
  lost(code: number, reason: string): void
}

/** What policies have left for a connection to follow, by the name of who follows it: JSON. */
export type Follows = Readonly<Record<string, object>>

/** All that crosses the 101, and all that survives hibernation: JSON, at most `MAX_SNAPSHOT_BYTES`. */
export interface Snapshot {
  readonly v: 1
  readonly id: string
  state: unknown
  /** The negotiated subprotocol, `''` if none. */
  readonly protocol: string
  /** Whether `open` has settled. */
  opened: boolean
  /** By which a client proves, after a reconnect, that it was this one. */
  secret?: string
  /** The highest request id met. */
  last: number
  /** Addresses of the channels joined. */
  channels: string[]
  readonly follows?: Follows
  /** The path of the route, as the app has it; empty for one that is accepted only to be closed. */
  readonly route: string
  /** When it was accepted. */
  since?: number
  /** When the peer was last heard, roughly, by a clock that goes on in its sleep. */
  seen?: number
  /** Set for a reader of server-sent events. */
  readonly events?: Reading
}

/** What a reader of server-sent events wants: it has no other words than its request. */
export interface Reading {
  /** The address of its channel. */
  readonly channel: string
  readonly since?: readonly [epoch: string, offset: number]
  readonly last?: number
  /** Wants to know what the answer would be, and no more. */
  readonly head?: true
}

/** A connection, and what it runs on. */
export interface LiveSocket extends Receiver {
  readonly transport: Transport
}

/** Accepts sockets for one socket route. */
export interface Endpoint {
  /** The connections that are not gone. */
  readonly live: ReadonlySet<LiveSocket>
  /** Makes the core's side of a socket that was just accepted, or is seen again after hibernation. */
  accept(transport: Transport, snapshot: Snapshot, env: unknown): Receiver
}

/** An upgrade that the route has granted and the entry has yet to perform. */
export interface Upgrade {
  readonly endpoint: Endpoint
  readonly snapshot: Snapshot
  /** Has to be called when the connection has ended, or has not come about. */
  ended?: (() => void) | undefined
  /** Set where the socket lives in another place than the handshake: performs the upgrade there. */
  readonly forward?: (headers: Headers) => Promise<Response>
}

/**
 * Where the route's handler leaves a granted upgrade for the entry that called the app. It travels
 * in the bindings (`c.env`), which no middleware replaces.
 */
export interface Handover {
  upgrade?: Upgrade
  readonly timers: Timers
  /** It asks for server-sent events, not for a socket. */
  readonly events?: boolean
  /** The last refusal, for observers. */
  refused?: { readonly status: number; readonly why: string }
  /** What has to be undone when the connection has ended, or has not come about; `undefined` when that is over. */
  held: (() => void)[] | undefined
  /** Proves that a response is the one which the granted upgrade belongs to. */
  readonly mark: string
}

export const HANDOVER: unique symbol = Symbol.for('denwa.handover')

/** On a refusal that is accepted and closed at once instead: its value is the mark. */
export const CLOSES = 'denwa-closes'

/**
 * The status of the route's response, whose status text is the mark: `Response` allows no 101, a copy
 * of this one keeps both, and a response that takes its place has neither.
 */
export const MARK_STATUS = 204

import { CloudflareTransport, type CloudflareSocket } from './worker.ts'
import type { Alarm, AlarmStorage } from './alarm.ts'
import { ownTimers } from './timers.ts'
import type { Snapshot, Timers, WireLimits } from './port.ts'

/** `DurableObjectState`, as far as it is used. */
export interface DurableState {
  readonly storage: AlarmStorage
  acceptWebSocket(socket: CloudflareSocket, tags?: string[]): void
  getWebSockets(tag?: string): CloudflareSocket[]
  getWebSocketAutoResponseTimestamp(socket: CloudflareSocket): Date | null
  setWebSocketAutoResponse(pair: unknown): void
}
declare const WebSocketRequestResponsePair: new (request: string, response: string) => unknown

/** A clock that goes on while the object sleeps: there is no other than the wall's. */
export function durableTimers(): Timers {
  return { ...ownTimers(), now: () => Date.now() }
}

/** Answers a text `ping` without waking the object. */
export function answerPings(state: DurableState): void {
  state.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
}

const OPEN = 1

/** How old what is stored of the time of a client's last message may be. */
const SEEN_MS = 5000

/** To write after every message costs a tenth of them. */
const PERSIST_MS = 100

/** A socket of a Durable Object: what must survive hibernation is kept with it. */
export class DurableTransport extends CloudflareTransport {
  readonly #durable: CloudflareSocket
  readonly #alarm: Alarm
  #soon = false
  #keptAt = 0

  constructor(socket: CloudflareSocket, limits: WireLimits, timers: Timers, alarm: Alarm) {
    super(socket, limits, timers)
    this.#durable = socket
    this.#alarm = alarm
  }

  wakeAt(at: number): void {
    this.#alarm.ask(at)
  }

  /** The peer has spoken: when, is kept now and then. */
  heardFrom(snapshot: Snapshot): void {
    const now = this.timers.now()
    snapshot.seen = now
    if (now - this.#keptAt < SEEN_MS) return
    this.#keptAt = now
    this.persistSoon(snapshot)
  }

  persist(snapshot: Snapshot): void {
    if (this.#durable.readyState === OPEN) keep(this.#durable, snapshot)
  }

  persistSoon(snapshot: Snapshot): void {
    if (this.#soon) return
    this.#soon = true
    // While a timer is set the object does not sleep.
    this.timers.after(PERSIST_MS, () => {
      this.#soon = false
      this.persist(snapshot)
    })
  }

  override close(code: number, reason: string): void {
    super.close(code, reason)
    try {
      // The end is told before the object can sleep: the connection is not to come back for it.
      this.#durable.serializeAttachment(null)
    } catch {
      // gone already
    }
  }
}

export function keep(socket: CloudflareSocket, snapshot: Snapshot): void {
  const text = JSON.stringify(snapshot)
  try {
    socket.serializeAttachment(text)
  } catch {
    // One character beyond Latin-1, and every character of a string takes two bytes.
    socket.serializeAttachment(new TextEncoder().encode(text))
  }
}

/** What a socket has kept; `undefined` if another version wrote it. */
export function snapshotOf(socket: CloudflareSocket): Snapshot | undefined {
  try {
    const data = socket.deserializeAttachment() as string | Uint8Array
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
    const snapshot = JSON.parse(text) as Snapshot | null
    if (snapshot?.v !== 1) return undefined
    // What is not kept of the last time it was heard.
    if (snapshot.seen !== undefined) snapshot.seen += SEEN_MS
    return snapshot
  } catch {
    return undefined
  }
}

import { CloudflareTransport, type CloudflareSocket } from './worker.ts'
import { emit } from '../observe.ts'
import type { Alarm, AlarmStorage } from './alarm.ts'
import { keep, snapshotOf } from './attachment.ts'
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

/** When `ping` was answered last, in milliseconds since the epoch; 0 for never. */
export function pingedAt(state: DurableState, socket: CloudflareSocket): number {
  return state.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0
}

const MAX_TAGS = 10

/** @throws {RangeError} if the object has as many sockets as it can, or the socket too many tags */
export function acceptInto(state: DurableState, socket: CloudflareSocket, tags: string[]): void {
  if (tags.length > MAX_TAGS) {
    throw new RangeError(
      `Cannot count a connection by ${tags.length} policies: in a Durable Object use capacity() at most ${MAX_TAGS} times on a route`,
    )
  }
  try {
    state.acceptWebSocket(socket, tags)
  } catch (cause) {
    // The runtime counts; to do so here is dear.
    if (!/only \d+ websockets/i.test(String(cause))) throw cause
    throw new RangeError(
      'Cannot take another connection: a Durable Object has at most 32,768, so choose among several objects in durableSocket()',
      { cause },
    )
  }
}

const OPEN = 1

/** One that has been closed on this side stays among an object's sockets until its peer has answered. */
export function isOpen({ readyState }: CloudflareSocket): boolean {
  return readyState === OPEN
}

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
    this.earn()
    const now = this.timers.now()
    snapshot.seen = now
    if (now - this.#keptAt < SEEN_MS) return
    this.#keptAt = now
    this.persistSoon(snapshot)
  }

  persist(snapshot: Snapshot): void {
    if (!isOpen(this.#durable)) return
    try {
      keep(this.#durable, snapshot)
    } catch (error) {
      emit({ type: 'error', error, where: 'attachment', connection: snapshot.id })
    }
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

/** What a socket that slept has kept. */
export function wokenSnapshot(socket: CloudflareSocket): Snapshot | undefined {
  const snapshot = snapshotOf(socket)
  // It may have been heard since: not every time is kept.
  if (snapshot?.seen !== undefined) snapshot.seen += SEEN_MS
  return snapshot
}

import type { Delivery, FarBroker } from './broker/far.ts'
import type { Command } from './channel/channel.ts'
import { checkLimits } from './connection/behaviour.ts'
import { Connection } from './connection/connection.ts'
import { drain } from './connection/drain.ts'
import type { Lifecycle } from './connection/lifecycle.ts'
import { isSilent } from './connection/silence.ts'
import type { Slot } from './handshake/plan.ts'
import { refusal, unavailable } from './handshake/refusal.ts'
import type { Hosted } from './internals.ts'
import { emit } from './observe.ts'
import { CloseCode } from './protocol/close-codes.ts'
import { Alarm } from './runtime/alarm.ts'
import {
  type DurableState,
  DurableTransport,
  acceptInto,
  answerPings,
  durableTimers,
  isOpen,
  pingedAt,
  wokenSnapshot,
} from './runtime/durable-object.ts'
import { askedIn, isCommand } from './runtime/inside.ts'
import type { Snapshot, WireLimits } from './runtime/port.ts'
import { Readers } from './runtime/readers.ts'
import { Vigil } from './runtime/vigil.ts'
import { type CloudflareSocket, newPair, reply, switchingProtocols } from './runtime/worker.ts'
import type { CloseOptions } from './serve.ts'

/** How often an object that is awake looks for clients that have fallen silent. */
const SWEEP_MS = 5000

/** What the object of a channel asks. */
type FromChannel = Delivery | { readonly do: 'alive'; readonly ids: readonly string[] }

/** Connections that live in a Durable Object, and what its runtime calls to have them live. */
export class SocketHost {
  readonly #state: DurableState
  readonly #env: unknown
  readonly #hosted: Hosted
  readonly #limits: WireLimits
  /** Through which it hears of channels that live elsewhere. */
  readonly #far: FarBroker | undefined
  readonly #timers = durableTimers()
  readonly #receivers = new WeakMap<CloudflareSocket, Lifecycle>()
  readonly #vigil = new Vigil()
  readonly #readers = new Readers()
  readonly #alarm: Alarm
  #sweepAt: number
  #drains = 0

  constructor(
    state: DurableState,
    env: unknown,
    hosted: Hosted,
    limits: WireLimits,
    far?: FarBroker,
  ) {
    this.#far = far
    this.#state = state
    this.#env = env
    this.#hosted = hosted
    this.#limits = limits
    // To look at all of many sockets is dear: not for each single message that wakes the object.
    this.#sweepAt = this.#timers.now() + SWEEP_MS
    this.#alarm = new Alarm(state.storage, (error) =>
      emit({ type: 'error', error, where: 'alarm' }),
    )
    const { hub } = hosted
    // A raw socket hears every message, `ping` too.
    if (!hub) return
    answerPings(state)
    hub.sleepsUntil((at) => this.#alarm.ask(at))
    hub.wake = () => {
      hub.wake = undefined
      this.#sweepAt = 0
      this.#sweep()
    }
  }

  /** What a Worker asks for. */
  async fetch(request: Request): Promise<Response> {
    if (isCommand(request)) return this.#obey((await request.json()) as Command | FromChannel)
    const asked = askedIn<Slot>(request)
    if (!asked) return refusal(404, 'Not Found')
    if (this.#drains > 0) return unavailable('This object is about to end')
    const isFull = (slot: Slot): boolean => this.#isFull(slot)
    // Some of them may be clients that have vanished.
    if (asked.slots.some(isFull)) this.#sweep()
    const full = asked.slots.find(isFull)
    if (full) return tooMany(full)
    return asked.snapshot.events ? this.#stream(asked) : this.#take(asked.snapshot, asked.slots)
  }

  async #obey(command: Command | FromChannel): Promise<Response> {
    const { hub } = this.#hosted
    if (command.do === 'deliver') {
      hub?.wake?.()
      return new Response(null, { status: this.#far?.deliver(command) ? 204 : 410 })
    }
    if (command.do === 'alive') {
      const ids = new Set(this.#all().map(({ id }) => id))
      return Response.json(command.ids.filter((id) => ids.has(id)))
    }
    const met = await hub?.here(command)
    return met === undefined ? new Response(null, { status: 204 }) : Response.json(met)
  }

  webSocketMessage(socket: CloudflareSocket, data: string | ArrayBuffer): void {
    const receiver = this.#receiverOf(socket)
    if (receiver) (receiver.transport as DurableTransport).heardFrom(receiver.snapshot)
    receiver?.message(typeof data === 'string' ? data : new Uint8Array(data))
    if (receiver instanceof Connection) this.#vigil.watch(receiver)
    this.#sweep()
  }

  webSocketClose(socket: CloudflareSocket, code: number, reason: string): void {
    this.#lost(socket, code, reason)
    // A hibernating socket's Close is not answered by the runtime, whatever its compatibility date.
    reply(socket, code, reason)
    this.#sweep()
  }

  /** After a protocol error there is no close event. */
  webSocketError(socket: CloudflareSocket): void {
    this.#lost(socket, 1006, '')
  }

  alarm(): void {
    this.#alarm.off()
    for (const receiver of this.#all()) receiver.tick()
    this.#hosted.hub?.tick()
  }

  wakeAt(at: number): void {
    this.#alarm.ask(at)
  }

  async drain({ drainMs = 0 }: CloseOptions = {}): Promise<void> {
    if (drainMs !== 0) checkLimits({ drainMs })
    this.#drains++
    const live = new Set([...this.#all(), ...this.#hosted.endpoint.live])
    await drain({ live }, drainMs, this.#timers)
    this.#drains--
  }

  /** Whether as many sockets have the tag as may. */
  #isFull({ tag, max }: Slot): boolean {
    const all = this.#state.getWebSockets(tag)
    const left = max - this.#readers.count(tag)
    return all.length >= left && all.filter(isOpen).length >= left
  }

  #take(snapshot: Snapshot, slots: readonly Slot[]): Response {
    const { client, server } = newPair()
    snapshot.seen = this.#timers.now()
    acceptInto(
      this.#state,
      server,
      slots.map(({ tag }) => tag),
    )
    const receiver = this.#accept(server, snapshot)
    receiver.open()
    // With the times from which policies count, though `open` may not have settled.
    receiver.transport.persist?.(snapshot)
    this.#sweep()
    return switchingProtocols(client, new Headers())
  }

  #stream({ snapshot, slots }: { snapshot: Snapshot; slots: readonly Slot[] }): Promise<Response> {
    const tags = slots.map(({ tag }) => tag)
    const opener = { limits: this.#limits, timers: this.#timers, env: this.#env }
    return this.#readers.open(this.#hosted.endpoint, snapshot, tags, opener)
  }

  #accept(socket: CloudflareSocket, snapshot: Snapshot): Lifecycle {
    const transport = new DurableTransport(socket, this.#limits, this.#timers, this.#alarm)
    const receiver = this.#hosted.endpoint.accept(transport, snapshot, this.#env) as Lifecycle
    this.#receivers.set(socket, receiver)
    return receiver
  }

  /**
   * The connection of a socket; made again from what the socket has kept if the object slept. What
   * this side has closed keeps nothing: to close it once more has no effect.
   */
  #receiverOf(socket: CloudflareSocket): Lifecycle | undefined {
    const known = this.#receivers.get(socket)
    if (known) return known
    const snapshot = wokenSnapshot(socket)
    if (!snapshot) {
      reply(socket, CloseCode.stateInvalid, 'state of another version')
      return undefined
    }
    const receiver = this.#woken(socket, snapshot)
    receiver.resume()
    if (!snapshot.opened) receiver.proceed()
    return receiver
  }

  #woken(socket: CloudflareSocket, snapshot: Snapshot): Lifecycle {
    const receiver = this.#accept(socket, snapshot)
    if (receiver instanceof Connection) this.#hosted.hub?.restore(receiver)
    return receiver
  }

  #all(): Lifecycle[] {
    return this.#state.getWebSockets().flatMap((socket) => this.#receiverOf(socket) ?? [])
  }

  /** Who has fallen silent is found when the object is awake anyway: nothing wakes it for that. */
  #sweep(): void {
    const now = this.#timers.now()
    if (now < this.#sweepAt) return
    this.#sweepAt = now + SWEEP_MS
    for (const socket of this.#state.getWebSockets()) {
      const receiver = this.#receiverOf(socket)
      if (receiver && isSilent(receiver.snapshot, pingedAt(this.#state, socket), now)) {
        receiver.silent()
      }
    }
  }

  #lost(socket: CloudflareSocket, code: number, reason: string): void {
    let receiver = this.#receivers.get(socket)
    if (!receiver) {
      // One that slept comes back only to hear of its end, and to leave its channels.
      const snapshot = wokenSnapshot(socket)
      if (snapshot) receiver = this.#woken(socket, snapshot)
    }
    receiver?.lost(code, reason)
  }
}

function tooMany({ status, retryAfterMs }: Slot): Response {
  return refusal(status, 'Too many connections', {
    'Retry-After': String(Math.ceil(retryAfterMs / 1000)),
  })
}

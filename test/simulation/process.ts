import type { Broker } from '../../src/broker/port.ts'
import { drain } from '../../src/connection/drain.ts'
import { newSnapshot } from '../../src/connection/state.ts'
import { INTERNALS } from '../../src/handshake/route.ts'
import type { Hosted, WithInternals } from '../../src/internals.ts'
import { JSON_PROTOCOL } from '../../src/protocol/subprotocol.ts'
import type { KeyStore } from '../../src/keys/port.ts'
import type { Receiver, Timers } from '../../src/runtime/port.ts'
import type { Host } from './host.ts'
import { type Stage, newPlace } from './place.ts'
import { WireTransport } from './transport.ts'
import type { ServerEnd, Wire } from './wire.ts'
import type { World } from './world.ts'

const place = newPlace() as WithInternals

/** A server in a process of its own. */
export class Process implements Host {
  readonly name: string
  alive = true
  readonly timers: Timers
  readonly #world: World
  readonly #hosted: Hosted
  readonly #stage: Stage
  readonly #wires = new Set<Wire>()
  /** How many promises it outlives the next message. */
  #doom: { hops: number; silent: boolean } | undefined

  constructor(
    world: World,
    name: string,
    brokerOf: (process: Process) => Broker,
    keysOf: (process: Process) => KeyStore,
  ) {
    this.#world = world
    this.name = name
    const random = world.random(name)
    this.timers = world.clock.timers(random, Math.floor(random() * 1e6), () => this.alive)
    this.#hosted = place[INTERNALS]!.host(brokerOf(this), keysOf(this))
    this.#stage = world.stage(this.timers, random, () => this.alive)
  }

  take(wire: Wire): void {
    const snapshot = newSnapshot({ client: wire.client }, JSON_PROTOCOL)
    wire.tap = this.#world.tap(wire.client, snapshot.id)
    const isAlive = (): boolean => this.alive
    const fail = (what: string): void => this.#world.fail(what)
    const transport = new WireTransport(wire, this.timers, isAlive, fail)
    const receiver = this.#hosted.endpoint.accept(transport, snapshot, this.#stage)
    this.#wires.add(wire)
    wire.accept(this.#end(wire, transport, receiver), JSON_PROTOCOL)
    receiver.open()
  }

  #end(wire: Wire, transport: WireTransport, receiver: Receiver): ServerEnd {
    return {
      said: (text) => {
        if (!this.alive) return
        this.#world.guard(() => receiver.message(text))
        this.#die()
      },
      closed: (code, reason) => {
        if (!this.alive) return
        this.#wires.delete(wire)
        wire.tap?.lost(code === 1006)
        if (code !== 1006) wire.close(code, reason)
        this.#world.guard(() => receiver.lost(code, reason))
      },
      ponged: () => {
        transport.heard++
      },
    }
  }

  publish(channel: string, data: object): Promise<unknown> {
    const [name, room] = channel.split('/')
    return this.#hosted.hub!.channel(`${name}/:room`, { room }).publish('said', data)
  }

  revoke(channel: string, client: string): Promise<unknown> {
    const [name, room] = channel.split('/')
    return this.#hosted.hub!.channel(`${name}/:room`, { room }).revoke({ state: { client } })
  }

  disconnect(client: string, code: number): Promise<unknown> {
    return this.#hosted.hub!.disconnect({ state: { client } }, { code })
  }

  kill(hops: number | undefined, silent: boolean): void {
    this.#doom = { hops: hops ?? 0, silent }
    if (hops === undefined) this.#die()
  }

  #die(): void {
    const doom = this.#doom
    if (!doom) return
    this.#doom = undefined
    let then = Promise.resolve()
    for (let n = 0; n < doom.hops; n++) then = then.then(() => {})
    void then.then(() => {
      if (!this.alive) return
      this.alive = false
      for (const wire of this.#wires) {
        wire.tap?.died()
        if (doom.silent) wire.cut(undefined, undefined)
        else wire.reset()
      }
      this.#world.died(this)
    })
  }

  async drain(ms: number): Promise<void> {
    await drain({ live: this.#hosted.endpoint.live }, ms, this.timers)
    this.kill(undefined, false)
  }
}

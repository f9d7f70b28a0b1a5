import type { Broker } from '../../src/broker/port.ts'
import type { SyncBroker } from '../../src/broker/sync.ts'
import type { Command } from '../../src/channel/channel.ts'
import { newSnapshot } from '../../src/connection/state.ts'
import { type SocketObject, durableSocket } from '../../src/durable-socket.ts'
import { INTERNALS } from '../../src/handshake/route.ts'
import type { WithInternals } from '../../src/internals.ts'
import type { KeyStore } from '../../src/keys/port.ts'
import { JSON_PROTOCOL } from '../../src/protocol/subprotocol.ts'
import { bodyOf } from '../../src/protocol/publication.ts'
import { commandRequest, socketRequest } from '../../src/runtime/inside.ts'
import type { Timers } from '../../src/runtime/port.ts'
import { Database } from '../../src/sqlite/database.ts'
import { install } from './cloudflare.ts'
import type { Host } from './host.ts'
import { newPlace } from './place.ts'
import type { Random } from './random.ts'
import { SleepingSocket } from './sleeping-socket.ts'
import { LIMITS } from './transport.ts'
import type { ServerEnd, Wire } from './wire.ts'
import { OVER, type World } from './world.ts'

const place = newPlace()
/** The one that is being made. */
let current: World | undefined
const internals = (place as WithInternals)[INTERNALS]!
const { host } = internals
Object.assign(internals, {
  host: (broker: Broker, keys: KeyStore) => host(current!.log.of(broker as SyncBroker), keys),
})
const Room = durableSocket(place, () => undefined as never, LIMITS)

/** As the platform marks what comes from a Worker. */
const CF = { cf: { denwa: 'inside' } }
const { url: COMMAND_URL } = commandRequest({})
/** An object that is idle for so long may sleep. */
const IDLE_MS = 10_000
/** When the clock began, by the wall's. */
const EPOCH_MS = 1_700_000_000_000

/** One life of an object: it may not sleep while a timer runs, or it is asked something. */
interface Memory {
  object: SocketObject
  timers: number
  asked: number
}

/** A Durable Object: it forgets everything whenever it has nothing to do, and keeps its sockets. */
export class Durable implements Host {
  readonly name: string
  alive = true
  /** How often it has woken. */
  wakes = 0
  readonly #world: World
  readonly #random: Random
  readonly #timers: Timers
  readonly #database = new Database(':memory:')
  readonly #sockets = new Map<SleepingSocket, Wire>()
  /** What it has in memory, and how many of its timers run. */
  #memory: Memory | undefined
  #waking: Memory | undefined
  #alarm: number | null = null
  #taking: Wire | undefined
  /** How likely it is to sleep as soon as it can. */
  readonly #sleepy: number
  #doom: number | undefined

  constructor(world: World, name: string) {
    this.#world = world
    this.name = name
    this.#random = world.random(name)
    this.#timers = {
      ...world.clock.timers(this.#random, 0, () => true),
      after: (ms, task) => this.#after(ms, task),
    }
    this.#sleepy = [0, 0.3, 1][Math.floor(this.#random() * 3)]!
    world.onEnd(
      install({
        now: () => EPOCH_MS + Math.floor(world.clock.now),
        after: (ms, task) => this.#after(ms, task),
        newSocket: () => new SleepingSocket(this.#taking!),
      }),
    )
    world.onEnd(() => this.#database.close())
  }

  #after(ms: number, task: () => void): () => void {
    const memory = this.#memory ?? this.#waking
    if (!memory) return () => {}
    memory.timers++
    let over = false
    const end = (): void => {
      if (!over) memory.timers--
      over = true
    }
    const cancel = this.#world.clock.after(ms, () => {
      end()
      if (this.#memory !== memory) return
      task()
      this.#rest()
    })
    return () => {
      end()
      cancel()
    }
  }

  #object(): SocketObject {
    if (this.#memory) return this.#memory.object
    this.wakes++
    const memory = (this.#waking = { timers: 0, asked: 0 } as Memory)
    const isCurrent = (): boolean => this.#memory === memory || this.#waking === memory
    current = this.#world
    const stage = this.#world.stage(this.#timers, this.#random, isCurrent)
    memory.object = new Room(this.#stateFor(isCurrent), stage)
    this.#memory = memory
    this.#waking = undefined
    return memory.object
  }

  /** As one life of the object has it: what is dead changes nothing. */
  #stateFor(isCurrent: () => boolean): object {
    const database = this.#database
    const check = (): void => {
      if (!isCurrent()) throw new Error(OVER)
    }
    return {
      id: { toString: () => this.name },
      storage: {
        sql: {
          get databaseSize() {
            return database.databaseSize
          },
          exec: (query: string, ...bindings: unknown[]) => {
            check()
            return database.exec(query, ...bindings)
          },
        },
        transactionSync: (body: () => unknown) => {
          check()
          return database.transaction(body)
        },
        getAlarm: async () => this.#alarm,
        setAlarm: async (at: number) => {
          if (isCurrent()) this.#setAlarm(at)
        },
      },
      acceptWebSocket: (socket: SleepingSocket) => this.#sockets.set(socket, this.#taking!),
      getWebSockets: () => [...this.#sockets.keys()],
      getWebSocketAutoResponseTimestamp: ({ pingedAt }: SleepingSocket) =>
        pingedAt === undefined ? null : new Date(pingedAt),
      setWebSocketAutoResponse: () => {},
    }
  }

  #setAlarm(at: number): void {
    this.#alarm = at
    this.#world.clock.at(at - EPOCH_MS, () => {
      if (this.#alarm !== at) return
      this.#alarm = null
      this.#event((object) => object.alarm())
    })
  }

  /** Something concerns the object: it wakes if it has to. */
  #event(act: (object: SocketObject) => unknown): void {
    this.#world.guard(() => act(this.#object()))
    this.#die()
    this.#rest()
  }

  /** It may sleep, as soon as it has nothing to do. */
  #rest(): void {
    const ms = this.#random() < this.#sleepy ? 0 : IDLE_MS
    this.#world.clock.after(ms, () => this.sleep())
  }

  sleep(): void {
    if (this.#memory?.timers === 0 && this.#memory.asked === 0) this.#memory = undefined
  }

  take(wire: Wire): void {
    const snapshot = newSnapshot({ client: wire.client }, JSON_PROTOCOL)
    wire.tap = this.#world.tap(wire.client, snapshot.id)
    const request = Object.assign(socketRequest(snapshot, []), CF)
    this.#event((object) => {
      this.#taking = wire
      wire.accept(this.#end(wire), JSON_PROTOCOL)
      void object.fetch(request)
    })
  }

  #end(wire: Wire): ServerEnd {
    let socket: SleepingSocket | undefined
    const own = (): any => (socket ??= [...this.#sockets].find(([, each]) => each === wire)?.[0])
    return {
      said: (text) => {
        if (!own() || own().readyState !== 1) return
        if (text === 'ping') {
          own().pingedAt = Date.now()
          wire.reply('pong')
        } else this.#event((object) => (object as any).webSocketMessage(own(), text))
      },
      closed: (code, reason) => {
        if (!own() || !this.#sockets.has(own())) return
        own().ends()
        wire.tap?.lost(code === 1006)
        this.#event((object) => (object as any).webSocketClose(own(), code, reason))
        this.#sockets.delete(own())
        own().ended()
      },
      ponged() {},
    }
  }

  async #ask(command: Command): Promise<unknown> {
    let answer: Promise<unknown> = Promise.resolve()
    this.#event((object) => {
      const memory = this.#memory!
      memory.asked++
      const request = { url: COMMAND_URL, json: async () => command, ...CF }
      answer = object.fetch(request as never).finally(() => {
        memory.asked--
        this.#rest()
      })
    })
    return answer
  }

  publish(address: string, data: object): Promise<unknown> {
    const body = bodyOf('said', data)
    return this.#ask({ do: 'publish', address, event: 'said', body })
  }

  revoke(address: string, client: string): Promise<unknown> {
    return this.#ask({ do: 'revoke', address, who: { state: { client } } })
  }

  disconnect(client: string, code: number): Promise<unknown> {
    return this.#ask({ do: 'disconnect', who: { state: { client } }, code, reason: '' })
  }

  /** Its machine is gone: memory and sockets are lost, and what is stored is not. */
  kill(hops: number | undefined): void {
    this.#doom = hops ?? 0
    if (hops === undefined) this.#die()
  }

  #die(): void {
    const hops = this.#doom
    if (hops === undefined) return
    this.#doom = undefined
    let then = Promise.resolve()
    for (let n = 0; n < hops; n++) then = then.then(() => {})
    void then.then(() => {
      this.#memory = undefined
      for (const [socket, wire] of this.#sockets) {
        socket.ended()
        wire.tap?.lost(true)
        wire.reset()
      }
      this.#sockets.clear()
    })
  }

  async drain(ms: number): Promise<void> {
    let drained: Promise<void> = Promise.resolve()
    this.#event((object) => (drained = object.drain(ms > 0 ? { drainMs: ms } : {})))
    await drained
  }
}

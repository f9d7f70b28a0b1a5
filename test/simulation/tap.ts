import type { Position } from '../../src/broker/port.ts'
import { isReturning } from '../../src/protocol/close-codes.ts'
import type { Crowd } from './crowd.ts'
import type { Log } from './log.ts'

/** Items that a server may send before a client has asked for more. */
const CREDIT = 32

/** Errors after which a request may have had an effect, or may be asked again. */
const PASSING = new Set(['timeout', 'canceled', 'overloaded', 'unavailable', 'connection_lost'])

/** What a tap has to know of the world. */
export interface Around {
  readonly log: Log
  fail(what: string): void
  /** The newest position of a channel, in the store that is in use now. */
  top(channel: string): Position | undefined
  /** How often it was decided that the connection may join. */
  decided(connection: string, channel: string): number
  /** Who is there, as servers have decided. */
  readonly crowd: Crowd
  /** Others notice nothing of who comes back in time: the store has never failed. */
  readonly calm: boolean
  /** How a request with a key has ended. */
  replied(key: string, reply: string): void
  /** Whether the client was taken off the channel for good. */
  banned(client: string, channel: string): boolean
}

interface Tapped {
  on: boolean
  position: Position | undefined
  version: number | undefined
  /** Who is there, by key. */
  members: Set<string>
  /** Joins that were granted. */
  granted: number
}

/** What has to be true of the frames of one connection, seen from where the server stands. */
export class Tap {
  readonly #around: Around
  readonly #client: string
  readonly #id: string
  readonly #channels = new Map<string, Tapped>()
  readonly #asked = new Map<number, any>()
  readonly #credit = new Map<number, number>()
  #bye = false
  #closed = false

  constructor(around: Around, client: string, id: string) {
    this.#around = around
    this.#client = client
    this.#id = id
    around.crowd.accepted(id, client)
  }

  asked(text: string): void {
    if (text === 'ping' || text === 'pong') return
    for (const frame of framesOf(text)) {
      const { type, id, count } = frame
      if (type === '$more') this.#credit.set(id, (this.#credit.get(id) ?? 0) + count)
      else if (id !== undefined && type !== '$cancel') {
        this.#asked.set(id, frame)
        this.#credit.set(id, CREDIT)
      }
    }
  }

  /** The client knows that it was let in. */
  heard(channel: string): void {
    this.#around.crowd.heard(this.#id, channel)
  }

  said(text: string): void {
    if (this.#closed) this.#fail(`says ${text} after its close`)
    if (text === 'ping' || text === 'pong') return
    for (const frame of framesOf(text)) this.#frame(frame)
  }

  closes(code: number): void {
    if (this.#closed) return
    this.#closed = true
    this.lost(isReturning(code))
    if (this.#bye && code !== 1012) this.#fail(`closes with ${code} after $bye`)
  }

  /** The connection is lost, and may come back, or not. */
  lost(returns: boolean): void {
    const { crowd } = this.#around
    for (const [channel, { on }] of this.#channels) {
      if (!on) continue
      if (returns) crowd.lost(this.#id, channel)
      else crowd.left(this.#id, channel)
    }
  }

  /** The server has died. */
  died(): void {
    const { crowd } = this.#around
    for (const [channel, { on }] of this.#channels) if (on) crowd.died(this.#id, channel)
  }

  #frame(frame: any): void {
    const { type, id, channel, data } = frame
    if (this.#bye) this.#fail(`says ${JSON.stringify(frame)} after $bye`)
    if (id !== undefined && type === undefined) this.#answer(frame)
    else if (type === '$bye') this.#bye = true
    else if (type === '$joined') this.#joined(channel, data, undefined)
    else if (type === '$left' || type === '$gap') this.#off(channel, type === '$gap')
    else if (type === '$presence') this.#presence(channel, frame)
    else if (channel !== undefined) this.#publication(channel, frame)
  }

  #answer(frame: any): void {
    const { id, data } = frame
    const ask = this.#asked.get(id)
    if (!ask) return this.#fail(`answers ${JSON.stringify(frame)} without a question`)
    if ('item' in frame) {
      const left = (this.#credit.get(id) ?? 0) - 1
      this.#credit.set(id, left)
      if (left < 0) this.#fail(`sends more items of ${id} than it may`)
      return
    }
    this.#asked.delete(id)
    if (ask.key !== undefined) this.#keyed(ask.key, frame)
    if ('error' in frame) return
    if (ask.type === '$join') {
      this.#of(ask.channel).granted++
      this.#joined(ask.channel, data, ask.since)
      this.#isDecided(ask.channel)
    } else if (ask.type === '$leave') this.#off(ask.channel, false)
    else if (ask.type === '$presence') this.#state(this.#of(ask.channel), data)
  }

  /** What says nothing of the request, but of who waits for it, may be said at any time. */
  #keyed(key: string, { data, error }: any): void {
    if (error && PASSING.has(error.code)) return
    this.#around.replied(key, JSON.stringify(data ?? error))
  }

  #off(channel: string, returns: boolean): void {
    const { crowd } = this.#around
    this.#of(channel).on = false
    if (returns) crowd.lost(this.#id, channel)
    else crowd.left(this.#id, channel)
  }

  #state(tapped: Tapped, { version, members }: any): void {
    tapped.version = version
    tapped.members = new Set(Object.keys(members))
  }

  #isDecided(channel: string): void {
    const decided = this.#around.decided(this.#id, channel)
    if (this.#of(channel).granted > decided) this.#fail(`lets in to ${channel} without asking`)
  }

  #joined(channel: string, data: any, since: Position | undefined): void {
    const { log } = this.#around
    const { position, recovered, publications = [], presence } = data
    const tapped = this.#of(channel)
    tapped.on = true
    tapped.position = position
    if (presence) this.#state(tapped, presence)
    this.#around.crowd.granted(this.#id, channel)
    if (!position) return
    const where = `${channel} at ${position}`
    if (!log.isReal(channel, position)) this.#fail(`tells of ${where}, which never was`)
    const [epoch, top] = position as Position
    let next = top - publications.length
    for (const each of publications) {
      if (each.offset !== ++next) this.#fail(`tells ${each.offset} where ${next} was due, ${where}`)
      this.#same(channel, epoch, each)
    }
    if (!since) return
    if (recovered && (since[0] !== epoch || since[1] + publications.length !== top)) {
      this.#fail(`says that ${publications.length} are all from ${since} to ${where}`)
    }
    const newest = this.#around.top(channel)
    const isNewest = newest && newest[0] === since[0] && newest[1] === since[1]
    if (isNewest && (!recovered || publications.length > 0)) {
      this.#fail(`does not know ${since} of ${channel} for the newest: ${JSON.stringify(data)}`)
    }
  }

  #publication(channel: string, frame: any): void {
    const tapped = this.#of(channel)
    const text = JSON.stringify(frame)
    if (!tapped.on) this.#fail(`publishes ${text} to who is not there`)
    if (this.#around.banned(this.#client, channel)) this.#fail(`publishes ${text} to who is banned`)
    if (frame.offset === undefined || !tapped.position) return
    const [epoch, offset] = tapped.position
    if (frame.offset !== offset + 1) this.#fail(`publishes ${text} after ${offset}`)
    tapped.position = [epoch, frame.offset]
    this.#same(channel, epoch, frame)
  }

  #presence(channel: string, { version, joined = {}, left = [] }: any): void {
    const tapped = this.#of(channel)
    if (!tapped.on) this.#fail(`tells who is on ${channel} to who is not`)
    if (tapped.version !== undefined && version !== tapped.version + 1) {
      this.#fail(`goes from version ${tapped.version} to ${version} of ${channel}`)
    }
    tapped.version = version
    const { crowd, calm } = this.#around
    for (const key of left) {
      if (!tapped.members.delete(key)) this.#fail(`says that ${key} has left, who was not there`)
      if (calm && crowd.stays(key, channel)) this.#fail(`says that ${key} has left, who has not`)
    }
    for (const key of Object.keys(joined)) {
      const isNew = !tapped.members.has(key)
      tapped.members.add(key)
      if (!isNew || !calm || !crowd.stays(key, channel)) continue
      this.#fail(`says that ${key} has come, who was there`)
    }
  }

  /** What is told there is what was published there. */
  #same(channel: string, epoch: string, { offset, type, data }: any): void {
    const known = this.#around.log.at(channel, epoch, offset)
    const text = JSON.stringify({ type, data })
    if (known !== text) this.#fail(`tells ${text} at ${epoch},${offset} of ${channel}: ${known}`)
  }

  #of(channel: string): Tapped {
    let tapped = this.#channels.get(channel)
    if (!tapped) {
      tapped = {
        on: false,
        position: undefined,
        version: undefined,
        members: new Set(),
        granted: 0,
      }
      this.#channels.set(channel, tapped)
    }
    return tapped
  }

  #fail(what: string): void {
    this.#around.fail(`to ${this.#client}, the server ${what}`)
  }
}

function framesOf(text: string): any[] {
  const value: unknown = JSON.parse(text)
  return Array.isArray(value) ? value : [value]
}

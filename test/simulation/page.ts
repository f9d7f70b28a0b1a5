import { type Channels, channels } from '../../src/client/channels.ts'
import type { Line, LineEvents } from '../../src/client/line.ts'
import { RequestError } from '../../src/client/errors.ts'
import { Socket } from '../../src/client/socket.ts'
import { stream } from '../../src/client/streams.ts'
import type { Position } from '../../src/client/subscription.ts'
import { Reader } from './reader.ts'
import { Sent } from './sent.ts'
import type { Mangling, Wire } from './wire.ts'
import type { World } from './world.ts'

/** Codes with which a request may end. */
const ENDS = new Set([
  ...['connection_lost', 'timeout', 'queue_full', 'aborted', 'unavailable', 'overloaded'],
  'internal',
])

/** From one attempt to the next, at least. */
const LEAST_MS = 500
/** Attempts in a minute, at most. */
const MOST_A_MINUTE = 40

/** A page in a browser, with one client in it. */
export class Page {
  readonly name: string
  readonly socket: Socket
  readonly channels: Channels
  readonly readers: Map<string, Reader> = new Map()
  /** Requests that have not ended. */
  readonly pending: Set<number> = new Set()
  /** Everything said so far. */
  readonly sent: Sent
  gone = false
  /** The wire that it dialled last. */
  wire: Wire | undefined
  /** Why it does not come back: the application wants it so, or a server. */
  over: string | undefined
  /** Replies to joins so far that were not recovered, by channel. */
  readonly unrecovered: Map<string, number> = new Map()
  readonly dials: number[] = []
  /** What its next connection that can does to it. */
  readonly mangle: { how: Mangling | undefined } = { how: undefined }
  readonly #world: World
  readonly #asked = new Map<number, string>()

  constructor(world: World, name: string) {
    this.#world = world
    this.name = name
    this.sent = new Sent((what) => this.fail(what))
    const random = world.random(name)
    const timers = world.clock.timers(random, Math.floor(random() * 1e6), () => !this.gone)
    this.socket = new Socket(
      'ws://server/',
      {},
      { timers, dial: (_url, _protocols, events) => this.#dial(events) },
      world.off,
    )
    this.channels = channels(this.socket)
  }

  #dial(events: LineEvents): Line {
    const { wire: last } = this
    if (last?.held) this.fail('dials while it has a connection')
    if (this.over) this.fail(`dials after ${this.over}`)
    const { now } = this.#world.clock
    const sinceMs = now - (this.dials.at(-1) ?? -Infinity)
    if (sinceMs < LEAST_MS) this.fail(`dials again after ${sinceMs} ms`)
    this.dials.push(now)
    if (now - (this.dials.at(-MOST_A_MINUTE) ?? -Infinity) < 60_000) this.fail('dials too often')
    const wire = this.#world.dial(this, {
      open: (protocol) => this.gone || events.open(protocol),
      message: (data) => this.gone || events.message(data),
      close: (code, reason) => this.gone || events.close(code, reason),
    })
    wire.ending = (code) => this.#ending(code)
    this.#asked.clear()
    wire.mangle = this.mangle
    wire.told = (frames) => this.#told(frames)
    wire.saying = (text) => this.#say(text, wire)
    this.wire = wire
    return this.#world.forgery === 'keyless' ? keyless(wire.line) : wire.line
  }

  #ending(code: number): void {
    if (!isTerminal(code) || this.gone) return
    this.over = `close code ${code}`
    this.#world.crowd.gone(this.name)
  }

  #say(text: string, wire: Wire): void {
    if (text === 'ping' || text === 'pong') return
    const value: unknown = JSON.parse(text)
    for (const frame of Array.isArray(value) ? value : [value]) {
      if (frame.type === '$join') this.#asked.set(frame.id, frame.channel)
      if (frame.type === 'say') this.sent.note(frame, wire)
    }
  }

  #told(frames: any[]): void {
    for (const { id, channel, type, data } of frames) {
      const joined = type === '$joined' ? channel : this.#asked.get(id)
      if (joined === undefined || !data) continue
      if (data.recovered === true) continue
      this.unrecovered.set(joined, (this.unrecovered.get(joined) ?? 0) + 1)
    }
  }

  join(address: string, options: { since?: Position | undefined; last?: number } = {}): void {
    if (this.readers.has(address) || this.socket.status === 'closed') return
    const channel = this.channels.join(address, options)
    this.readers.set(address, new Reader(this.#world, this, channel, options))
  }

  leave(address: string): void {
    this.#world.crowd.gone(this.name)
    this.readers.get(address)?.leave()
  }

  say(channel: string, n: number, options: { key?: string; timeoutMs?: number }): void {
    this.pending.add(n)
    this.socket.request('say', { channel, n }, options).then(
      (reply) => {
        this.#ended(n)
        if ((reply as { n?: number } | null)?.n !== n)
          this.fail(`${n} is answered with ${JSON.stringify(reply)}`)
      },
      (error: unknown) => {
        this.#ended(n)
        if (!(error instanceof RequestError) || !ENDS.has(error.code)) {
          this.fail(`${n} ends with ${String(error)} ${(error as RequestError).code}`)
        }
      },
    )
  }

  #ended(n: number): void {
    if (!this.pending.delete(n)) this.fail(`${n} ends twice`)
  }

  /** Reads a stream to its end, or up to so many items. */
  async count(to: number, upTo: number, abort: boolean): Promise<void> {
    const control = new AbortController()
    let next = 0
    try {
      for await (const item of stream(this.socket, 'count', to, { signal: control.signal })) {
        if (this.gone) return
        if (control.signal.aborted) this.fail('hears an item after it has cancelled')
        if (item !== next++) this.fail(`hears item ${String(item)} where ${next - 1} was due`)
        if (next < upTo) continue
        if (!abort) return
        control.abort()
      }
      if (next !== to) this.fail(`hears ${next} items of ${to}`)
    } catch (error) {
      if (!(error instanceof RequestError) || !ENDS.has(error.code)) this.fail(String(error))
    }
  }

  /** Closes for good. */
  close(): void {
    this.#world.crowd.gone(this.name)
    this.socket.close()
    this.over = 'its own close'
  }

  /** Is reloaded, or crashes: nobody says good-bye. */
  vanish(): void {
    this.#world.crowd.gone(this.name)
    this.gone = true
    this.wire?.vanish()
  }

  fail(what: string): void {
    if (!this.gone) this.#world.fail(`${this.name} ${what}`)
  }
}

/** What is said has no key, though the client thinks so. */
function keyless(line: Line): Line {
  const send = (text: string): void => line.send(text.replaceAll(/,"(key|again)":"[^"]*"/g, ''))
  return { ...line, send }
}

/** After which a client stays away, as it seems to the application. */
export function isTerminal(code: number): boolean {
  return (code >= 4000 && code < 4100) || (code >= 4500 && code < 5000)
}

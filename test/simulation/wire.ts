import type { Line, LineEvents } from '../../src/client/line.ts'
import type { Clock } from './clock.ts'
import { Flow } from './flow.ts'
import type { Random } from './random.ts'
import type { Tap } from './tap.ts'

/** How long a browser waits for the answer to its Close. */
const CLOSE_MS = 30_000

/** What a server does with a socket that was accepted. */
export interface ServerEnd {
  said(text: string): void
  /** The peer has closed, answered a Close, or is known to be gone. */
  closed(code: number, reason: string): void
  /** A pong of the protocol's own. */
  ponged(): void
}

/** What a connection that plays false does to the next message that it fits. */
export type Mangling = 'lose' | 'lie'

/** One attempt of a client to have a connection, and what became of it. */
export class Wire {
  readonly up: Flow
  readonly down: Flow
  readonly client: string
  /** Hears both sides, where the server stands. */
  tap: Tap | undefined
  /** Hears what is told to the client. */
  told: (frames: any[]) => void = () => {}
  /** Hears what the client says. */
  saying: (text: string) => void = () => {}
  /** Hears how it ends, unless the client has given it up. */
  ending: (code: number) => void = () => {}
  /** How it plays false, until it has done so. */
  mangle: { how: Mangling | undefined } = { how: undefined }
  readonly #clock: Clock
  readonly #events: LineEvents
  #server: ServerEnd | undefined
  #state: 'dialling' | 'open' | 'closing' | 'gone' = 'dialling'

  constructor(clock: Clock, random: Random, latencyMs: number, client: string, events: LineEvents) {
    this.#clock = clock
    this.client = client
    this.#events = events
    this.up = new Flow(clock, random, latencyMs)
    this.down = new Flow(clock, random, latencyMs)
  }

  /** As the client sees it: it may have something to do with this socket still. */
  get held(): boolean {
    return this.#state === 'dialling' || this.#state === 'open'
  }

  /** The client has given it up: what comes yet is late. */
  get givenUp(): boolean {
    return this.#state === 'closing'
  }

  get line(): Line {
    return {
      bufferedAmount: 0,
      send: (text) => this.#say(text),
      close: (code, reason) => this.#hangUp(code, reason),
    }
  }

  #say(text: string): void {
    if (this.#state !== 'open') return
    this.saying(text)
    this.up.send(text.length, () => {
      this.tap?.asked(text)
      this.#server?.said(text)
    })
  }

  #hangUp(code: number, reason: string): void {
    if (!this.held) return
    // An aborted handshake ends as a loss.
    const told = this.#state === 'open' ? code : 1006
    this.#state = 'closing'
    this.up.send(0, () => this.#server?.closed(told, reason))
    this.#clock.after(CLOSE_MS, () => this.#end(1006, ''))
  }

  /** The page is gone, and nobody is there to hear anything. */
  vanish(): void {
    if (this.held) this.up.send(0, () => this.#server?.closed(1001, ''))
    this.#state = 'gone'
  }

  accept(server: ServerEnd, protocol: string): void {
    this.#server = server
    this.down.send(0, () => {
      if (this.#state === 'dialling') {
        this.#state = 'open'
        this.#events.open(protocol)
      } else if (this.#state === 'gone') this.up.send(0, () => server.closed(1006, ''))
    })
  }

  refuse(): void {
    this.down.send(0, () => this.#end(1006, ''))
  }

  /** What the server says. */
  reply(text: string): void {
    this.tap?.said(text)
    this.down.send(text.length, () => {
      if (this.#state !== 'open' && this.#state !== 'closing') return
      if (text === 'ping' || text === 'pong') {
        this.#events.message(text)
        return
      }
      const value: unknown = JSON.parse(text)
      const frames: any[] = Array.isArray(value) ? value : [value]
      this.told(frames)
      const mangled = this.#mangled(frames)
      if (mangled === 'lost') return
      this.#events.message(mangled ? JSON.stringify(frames) : text)
    })
  }

  #mangled(frames: any[]): boolean | 'lost' {
    if (this.mangle.how === 'lose' && frames.every(({ offset }) => offset > 0)) {
      this.mangle.how = undefined
      return 'lost'
    }
    if (this.mangle.how !== 'lie') return false
    const reply = frames.find(({ data }) => data?.recovered === false)
    if (!reply) return false
    this.mangle.how = undefined
    reply.data.recovered = true
    return true
  }

  /** A ping of the protocol's own, which a browser answers by itself. */
  ping(): void {
    this.down.send(0, () => {
      if (this.#state !== 'gone') this.up.send(0, () => this.#server?.ponged())
    })
  }

  /** The server closes, or answers a Close. */
  close(code: number, reason: string): void {
    this.tap?.closes(code)
    this.down.send(0, () => {
      if (this.held) this.up.send(0, () => this.#server?.closed(code, reason))
      this.#end(code, reason)
    })
  }

  /** Both directions are dead; each side learns of it after so long, or not at all. */
  cut(clientMs: number | undefined, serverMs: number | undefined): void {
    this.up.kill()
    this.down.kill()
    if (clientMs !== undefined) this.#clock.after(clientMs, () => this.#end(1006, ''))
    if (serverMs !== undefined) this.#clock.after(serverMs, () => this.#server?.closed(1006, ''))
  }

  /** The server's end is gone without a Close; the client learns of it, or not. */
  reset(): void {
    this.down.send(0, () => this.#end(1006, ''))
    this.up.kill()
  }

  #end(code: number, reason: string): void {
    if (this.#state === 'gone') return
    if (!this.givenUp) this.ending(code)
    this.#state = 'gone'
    this.#events.close(code, reason)
  }
}

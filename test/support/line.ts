import type { Io, Line, LineEvents } from '../../src/client/line.ts'
import { type Channels, channels } from '../../src/client/channels.ts'
import type { Off } from '../../src/client/rules.ts'
import { Socket, type SocketOptions } from '../../src/client/socket.ts'
import { TestClock } from '../../src/testing/clock.ts'
import { turn } from './peer.ts'

/** The server's end of a socket that a client has dialled. */
export class Dialled implements Line {
  readonly url: string
  readonly protocols: readonly string[]
  readonly events: LineEvents
  /** Messages of the client. */
  readonly texts: string[] = []
  closed: [code: number, reason: string] | undefined
  bufferedAmount = 0
  #seen = 0

  constructor(url: string, protocols: readonly string[], events: LineEvents) {
    this.url = url
    this.protocols = protocols
    this.events = events
  }

  send(text: string): void {
    this.texts.push(text)
  }

  close(code: number, reason: string): void {
    this.closed = [code, reason]
  }

  open(welcome: object = {}): void {
    this.events.open('denwa.v1.json')
    this.say({ type: '$welcome', id: 'c_1', beat: 25_000, wait: 10_000, ...welcome })
  }

  /** A message of the server for each. */
  say(...frames: unknown[]): void {
    for (const frame of frames) {
      this.events.message(typeof frame === 'string' ? frame : JSON.stringify(frame))
    }
  }

  lose(code = 1006, reason = ''): void {
    this.events.close(code, reason)
  }

  /** Frames of the client since the last call, once it has said what it has to say. */
  async heard(): Promise<any[]> {
    await turn()
    const texts = this.texts.slice(this.#seen)
    this.#seen = this.texts.length
    return texts.flatMap((text) => (/^[{[]/.test(text) ? (JSON.parse(text) as unknown) : text))
  }
}

/** A client, and what it has dialled. */
export interface Client {
  readonly socket: Socket
  readonly channels: Channels
  readonly clock: TestClock
  readonly lines: Dialled[]
  readonly statuses: unknown[]
  /** The newest. */
  readonly line: Dialled
}

/** A client whose network and time are the test's. */
export function client(
  options: SocketOptions = {},
  { off = {}, random = () => 0.5 }: { off?: Off; random?: () => number } = {},
): Client {
  const clock = new TestClock()
  clock.random = random
  const lines: Dialled[] = []
  const io: Io = {
    timers: clock,
    dial(url, protocols, events) {
      const line = new Dialled(url, protocols, events)
      lines.push(line)
      return line
    },
  }
  const socket = new Socket('ws://test/', options, io, off)
  const statuses: unknown[] = []
  socket.onStatus((status, why) => statuses.push(why ? `${status} ${why.code}` : status))
  return {
    socket,
    channels: channels(socket),
    clock,
    lines,
    statuses,
    get line() {
      return lines.at(-1)!
    },
  }
}

import {
  COMMENT,
  EVENT_STREAM,
  type Joined,
  STOP_ID,
  type Said,
  eventText,
  joinedText,
  retryText,
  saidText,
} from '../protocol/event-stream.ts'
import { Bounded } from './bounded.ts'
import type { Reading, Receiver, Timers, Transport, Upgrade, WireLimits } from './port.ts'

/** When a client comes back whose stream was cut off, from and to, in milliseconds. */
const RETRY = [1000, 3000] as const
/** How long a client may take to begin to read, and how long to read what was left at the end. */
const PATIENCE_MS = 5000

/** Any frame of the protocol. */
interface Frame extends Said {
  readonly id?: number
  readonly channel?: string
  readonly code?: string
  readonly retry?: readonly [number, number] | false
  readonly error?: { readonly code: string; readonly message: string; readonly retryAfter?: number }
}

/** Where streams are opened. */
export interface Opener {
  readonly limits: WireLimits
  readonly timers: Timers
  readonly env: unknown
  /** Ends the TCP connection of a client that does not read; without it the stream is broken off. */
  cut?: Cut | undefined
}

/** Where a runtime prints what breaks a stream off, its entry knows better. */
export type Cut = (stream: { error(reason: unknown): void }) => void

/**
 * Opens a stream of events that the route has granted. The answer says by its status whether the
 * channel's rule admits the reader; `headers` are those that middleware has set.
 */
export function openEvents(upgrade: Upgrade, headers: Headers, opener: Opener): Promise<Response> {
  const { endpoint, snapshot, ended } = upgrade
  const transport = new EventsTransport(snapshot.events as Reading, headers, opener)
  const receiver = endpoint.accept(transport, snapshot, opener.env)
  receiver.ended = ended
  return transport.begin(receiver)
}

/**
 * A reader of server-sent events, as a socket that speaks the protocol: it joins its one channel, and
 * what it is told becomes events.
 */
class EventsTransport extends Bounded implements Transport {
  readonly timers: Timers
  /** Goes up whenever all that was sent has been taken. */
  heard = 0
  readonly #wants: Reading
  readonly #headers: Headers
  readonly #cut: Cut | undefined
  readonly #answer = Promise.withResolvers<Response>()
  readonly #stream: ReadableStream<Uint8Array>
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #receiver!: Receiver
  #epoch: string | undefined
  #answered = false
  /** Somebody waits for more. */
  #asked = false
  /** How it ends, once all has been taken. */
  #end: { readonly code: number; readonly reason: string } | undefined
  #over = false
  #relax: (() => void) | undefined

  constructor(wants: Reading, headers: Headers, { limits, timers, cut }: Opener) {
    super(limits)
    this.timers = timers
    this.#wants = wants
    this.#headers = headers
    this.#cut = cut
    this.#stream = new ReadableStream(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => this.#gone(1006, ''),
      },
      { highWaterMark: 0, size: ({ byteLength }) => byteLength },
    )
  }

  begin(receiver: Receiver): Promise<Response> {
    this.#receiver = receiver
    receiver.open()
    const { channel, since, last } = this.#wants
    receiver.message(JSON.stringify({ type: '$join', id: JOIN, channel, since, last }))
    return this.#answer.promise
  }

  get bufferedAmount(): number {
    return -(this.#controller.desiredSize ?? 0)
  }

  send(data: string | Uint8Array): boolean {
    if (this.#over || this.#end || typeof data !== 'string') return true
    const frame = parsed(data)
    if (frame.channel !== undefined && !frame.type.startsWith('$')) {
      // Other channels, on which the application may have put it, have no place here.
      return frame.channel !== this.#wants.channel || this.#put(saidBytes(data, this.#epoch))
    }
    if (frame.id === JOIN) this.#joined(frame)
    else if (frame.type === '$gap') this.#finish(1006, '')
    else if (frame.type === '$left') this.#dismiss(FORBIDDEN, frame.code ?? '')
    else if (frame.type === '$bye' && frame.retry) this.#put(encode(this.#retry(frame.retry)))
    return true
  }

  ping(): void {
    if (this.#answered && !this.#over && !this.#end) this.#put(SILENCE)
  }

  close(code: number, reason: string): void {
    if (this.#over || this.#end) return
    if (!this.#answered) this.#refuse(STATUS_OF_CLOSE.get(code) ?? 503, reason)
    else if (isFinal(code)) return this.#dismiss(code, reason)
    this.#finish(code, reason)
  }

  terminate(): void {
    if (this.#over) return
    this.#over = true
    this.#relax?.()
    if (this.#asked) this.#controller.close()
    else if (this.#cut) this.#cut(this.#controller)
    else this.#controller.error(new Error('the stream was broken off'))
  }

  #joined({ data, error }: Frame): void {
    if (error) {
      this.#refuse(STATUSES.get(error.code) ?? 403, error.message, error.retryAfter)
      this.#finish(1000, '')
      return
    }
    this.#answered = true
    const { head } = this.#wants
    const headers = new Headers(this.#headers)
    headers.set('Content-Type', `${EVENT_STREAM}; charset=utf-8`)
    headers.set('Cache-Control', 'no-store')
    headers.set('X-Accel-Buffering', 'no')
    if (head) {
      this.#answer.resolve(new Response(null, { headers }))
      this.#finish(1000, '')
      return
    }
    const joined = data as Joined
    this.#epoch = joined.position?.[0]
    this.#put(encode(`: ok\n${this.#retry(RETRY)}${joinedText(joined)}`))
    // Of a client that has left before the answer nothing else tells.
    this.#relax = this.timers.after(PATIENCE_MS, () => this.#giveUp())
    this.#answer.resolve(new Response(this.#stream, { headers }))
  }

  #refuse(status: number, why: string, retryAfterMs?: number): void {
    this.#answered = true
    const headers = new Headers(this.#headers)
    headers.set('Content-Type', 'text/plain; charset=UTF-8')
    headers.set('Cache-Control', 'no-store')
    if (status === 429 || status === 503) {
      headers.set('Retry-After', String(Math.ceil((retryAfterMs ?? PATIENCE_MS) / 1000)))
    }
    this.#answer.resolve(new Response(`${why}\n`, { status, headers }))
    // Nobody will read a stream.
    this.#asked = true
  }

  #retry([from, to]: readonly [number, number]): string {
    return retryText(from + this.timers.random() * (to - from))
  }

  #put(bytes: Uint8Array): boolean {
    const before = this.bufferedAmount
    if (!this.admits(before)) return false
    this.#asked = false
    this.#controller.enqueue(bytes)
    this.account(before, this.bufferedAmount)
    return true
  }

  #pull(): void {
    this.heard++
    this.#asked = true
    if (this.#end) this.#close(this.#end)
    else this.#relax?.()
  }

  /** The client is told that this is the end. */
  #dismiss(code: number, reason: string): void {
    // By its id a client that is to stay away is known when it comes back by itself.
    const id = isUnwelcome(code) && code !== FORBIDDEN ? STOP_ID : undefined
    this.#put(encode(eventText('$close', { code, reason }, id)))
    this.#finish(code, reason)
  }

  #finish(code: number, reason: string): void {
    const end = (this.#end = { code, reason })
    this.#relax?.()
    if (this.#asked || this.#wants.head) this.#close(end)
    else this.#relax = this.timers.after(PATIENCE_MS, () => this.#giveUp())
  }

  #close({ code, reason }: { code: number; reason: string }): void {
    if (this.#over) return
    this.#controller.close()
    // Not within what the connection is doing.
    queueMicrotask(() => this.#gone(code, reason))
  }

  #giveUp(): void {
    this.terminate()
    this.#gone(1006, '')
  }

  #gone(code: number, reason: string): void {
    this.#over = true
    this.#relax?.()
    this.#receiver.lost(code, reason)
  }
}

/** The id of its one request. */
const JOIN = 1

/** What is said to who may not, or not any more, be on the channel: whether it may again is asked anew. */
const FORBIDDEN = 4003

function isUnwelcome(code: number): boolean {
  return (code >= 4000 && code < 4100) || (code >= 4500 && code < 5000)
}

/** Whether a client that comes back needs something else first, if it is to come back at all. */
function isFinal(code: number): boolean {
  return isUnwelcome(code) || (code >= 4100 && code < 4200)
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['unauthenticated', 401],
  ['forbidden', 403],
  ['not_found', 404],
  ['invalid', 400],
  ['rate_limited', 429],
  ['overloaded', 503],
  ['unavailable', 503],
  ['timeout', 503],
  ['internal', 500],
])

const STATUS_OF_CLOSE: ReadonlyMap<number, number> = new Map([
  [FORBIDDEN, 403],
  [4009, 403],
  [4100, 401],
  [4101, 401],
  [1011, 500],
])

const encoder = new TextEncoder()
const SILENCE = encode(COMMENT)

function encode(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The frame met last: a publication goes to many readers in a row, parsed and encoded once. */
let met: { readonly text: string; readonly frame: Frame } | undefined
let said: { readonly text: string; readonly epoch: string | undefined; readonly bytes: Uint8Array }

function parsed(text: string): Frame {
  if (met?.text !== text) met = { text, frame: { type: '', ...JSON.parse(text) } as Frame }
  return met.frame
}

function saidBytes(text: string, epoch: string | undefined): Uint8Array {
  if (said?.text !== text || said.epoch !== epoch) {
    said = { text, epoch, bytes: encode(saidText(parsed(text), epoch)) }
  }
  return said.bytes
}

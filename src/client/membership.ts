import type { Frame } from './attempt.ts'
import { Pace } from './backoff.ts'
import { Emitter } from './emitter.ts'
import { type RequestError, errorOf } from './errors.ts'
import { Presence } from './presence.ts'
import type { Socket } from './socket.ts'
import {
  NOWHERE,
  type Place,
  type Position,
  type Step,
  isPublication,
  joined,
  off,
  published,
  readReply,
} from './subscription.ts'

const TIMEOUT = { timeoutMs: 10_000 }

/** `joining`: or about to, when there is a connection. `left`: for good. */
export type ChannelStatus = 'joining' | 'joined' | 'left'

/** How a channel is joined. */
export interface JoinOptions {
  /** Goes on from there: a position that was kept, as over the reload of a page. */
  since?: Position | undefined
  /** Without a position: begins with up to that many of the newest publications. */
  last?: number
}

/** Being on a channel, with each new connection again. */
export class Membership {
  readonly address: string
  readonly presence: Presence = new Presence()
  /** Publications by their type, `$reset` and `$status`. */
  readonly listeners: Emitter = new Emitter()
  status: ChannelStatus = 'joining'
  place: Place
  readonly #socket: Socket
  readonly #last: number | undefined
  readonly #over: () => void
  readonly #pace: Pace
  /** What the server called the connection on which one was here. */
  #resume: string | undefined
  /** The question that is not answered yet. */
  #asked: object | undefined
  #cancel = (): void => {}

  constructor(socket: Socket, address: string, { since, last }: JoinOptions, over: () => void) {
    this.address = address
    this.place = { ...NOWHERE, seen: since !== undefined, position: since }
    this.#socket = socket
    this.#last = last
    this.#over = over
    this.#pace = new Pace(socket.call.io.timers.random)
  }

  /** Asks to be put on it. */
  join(): void {
    const { call, requests } = this.#socket
    this.#cancel()
    if (!call.line) return
    const { position } = this.place
    const asked = (this.#asked = {})
    const frame = {
      type: '$join',
      channel: this.address,
      since: position,
      last: position ? undefined : this.#last,
      resume: this.#resume,
    }
    requests.ask(frame, TIMEOUT, {
      done: (error, data) => {
        if (this.#asked !== asked) return
        if (!error) this.joined(data)
        else if (isPassing(error)) this.#again(error.retryAfterMs)
        else this.left(error)
      },
    })
  }

  /** One is on it, by one's own will or the server's. */
  joined(data: unknown): void {
    const { call } = this.#socket
    const reply = readReply(data)
    if (!reply) return call.line?.fail(4000, 'no reply to a join')
    const step = joined(this.place, reply, call.rules)
    this.#resume = call.resume
    this.place = step.place
    this.#set('joined')
    if (reply.presence !== undefined) this.presence.replace(reply.presence)
    if (this.place === step.place) this.#take(step)
  }

  heard(frame: Frame): void {
    const { type } = frame
    if (type === '$gap') this.#gap()
    else if (type === '$left') this.left(errorOf(frame))
    else if (type === '$presence') {
      if (!this.presence.change(frame)) this.#sync()
    } else if (isPublication(frame)) {
      const step = published(this.place, frame, this.#socket.call.rules)
      // Joining again was of use.
      if (step.deliver) this.#pace.reset()
      this.#take(step)
    }
  }

  /** The connection has ended; `afresh`: and what is known of it is of no use. */
  lost(afresh: boolean): void {
    this.#stop()
    if (afresh) this.place = { ...this.place, position: undefined }
    this.#pace.reset()
    this.#set('joining')
  }

  /** For good. */
  left(error?: RequestError): void {
    if (this.status === 'left') return
    this.#stop()
    this.#over()
    this.#set('left', error)
  }

  /** Does what is to be done, as far as nobody leaves meanwhile. */
  #take({ place, reset, deliver = [], rejoin }: Step): void {
    let at = (this.place = place)
    if (reset !== undefined) this.listeners.emit('$reset', reset)
    for (const { type, data, offset } of deliver) {
      if (this.place !== at) return
      if (place.position) this.place = at = { ...at, position: [place.position[0], offset!] }
      this.listeners.emit(type, data)
    }
    if (this.place === at) this.place = place
    if (rejoin) this.#gap()
  }

  #gap(): void {
    this.#stop()
    this.#set('joining')
    this.#again()
  }

  #again(afterMs = 0): void {
    const pause = this.#pace.next(false, [afterMs, afterMs * 1.5])
    if (pause > 0) this.#cancel = this.#socket.call.io.timers.after(pause, () => this.join())
    else this.join()
  }

  /** Asks who is there. */
  #sync(): void {
    const done = (error: RequestError | undefined, state?: unknown): void => {
      if (!error) this.presence.replace(state)
      // The reply to a join tells it too.
      else if (this.place.live) this.#again(error.retryAfterMs)
    }
    this.#socket.requests.ask({ type: '$presence', channel: this.address }, TIMEOUT, { done })
  }

  #stop(): void {
    this.#cancel()
    this.#asked = undefined
    this.place = off(this.place)
  }

  #set(status: ChannelStatus, error?: RequestError): void {
    if (this.status === status) return
    this.status = status
    this.listeners.emit('$status', status, error)
  }
}

function isPassing({ code, retryAfterMs }: RequestError): boolean {
  return retryAfterMs !== undefined || code === 'timeout' || code === 'queue_full'
}

import type { Frame } from './attempt.ts'
import { pauses } from './backoff.ts'
import type { Channel, ChannelStatus, JoinOptions } from './channel.ts'
import { emitter } from './emitter.ts'
import { type RequestError, errorOf } from './errors.ts'
import { presence } from './presence.ts'
import type { Socket } from './socket.ts'
import {
  type JoinReply,
  type Place,
  type Publication,
  type Step,
  joined,
  published,
  upTo,
} from './subscription.ts'

/** Errors that pass, though nobody says when. */
const PASSING = ['timeout', 'queue_full']

/** Being on a channel, with each new connection again. */
export interface Membership extends Channel {
  /** Asks to be put on it. */
  join(): void
  heard(frame: Frame): void
  /** The connection has ended. */
  lost(code: number): void
}

/** `over` hears that it is, for good. */
export function membership(
  call: Socket,
  address: string,
  { since: kept, last }: JoinOptions,
  over: () => void,
): Membership {
  const { io, off, requests } = call
  const { on, emit } = emitter()
  const who = presence()
  let status: ChannelStatus = 'joining'
  let place: Place = { live: false, seen: !!kept, position: kept }
  const rest = pauses(io.timers)
  /** What the server called the connection on which one was here. */
  let resume: unknown
  /** The question that is not answered yet. */
  let asked: unknown
  /** What the server said as it put one on it meanwhile. */
  let put: unknown
  let cancel: (() => void) | undefined

  const set = (next: ChannelStatus, error?: RequestError): void => {
    if (status !== next) emit('$status', (status = next), error)
  }
  const stop = (next: ChannelStatus, error?: RequestError): void => {
    cancel?.()
    asked = put = undefined
    place = { ...place, live: false }
    set(next, error)
  }
  /** For good. */
  const left = (error?: RequestError): void => {
    if (status === 'left') return
    over()
    stop('left', error)
  }
  const join = (): void => {
    if (!call.line) return
    const question = (asked = {})
    const since = place.position
    requests.ask({ type: '$join', channel: address, since, last, resume }, (error, data) => {
      if (asked !== question) return
      if (!error) enter(data)
      else if (error.retryAfterMs! >= 0 || PASSING.includes(error.code)) {
        again(error.retryAfterMs)
      } else if ((asked = put)) enter(put)
      // One is on it still, or would have been told.
      else if (!place.live) left(error)
    })
  }
  const again = (afterMs = 0): void => {
    cancel?.()
    const ms = rest.next([afterMs, afterMs * 1.5])
    if (ms > 0) cancel = io.timers.after(ms, join)
    else join()
  }
  const gap = (): void => {
    stop('joining')
    again()
  }
  /** Tells what there is to tell, as far as nobody leaves meanwhile. */
  const tell = ({ reset, deliver = [] }: Step): void => {
    if (reset !== undefined && place.live) emit('$reset', reset)
    for (const { type, data, offset } of deliver) {
      if (!place.live) return
      place = upTo(place, offset)
      emit(type, data)
    }
  }
  /** One is on it, by one's own will or the server's. */
  const enter = (data: unknown): void => {
    const reply: JoinReply = Object(data)
    const step = joined(place, reply, off)
    asked = put = undefined
    resume = call.resume
    place = step.place
    set('joined')
    who.replace(reply.presence)
    tell(step)
  }

  return {
    address,
    get status() {
      return status
    },
    get position() {
      return place.position
    },
    presence: who,
    on,
    onReset: (listener) => on('$reset', listener),
    onStatus: (listener) => on('$status', listener),
    leave: () =>
      new Promise((resolve) => {
        const isThere = status !== 'left' && call.line
        // Before who hears of it may join again.
        if (isThere) requests.ask({ type: '$leave', channel: address }, () => resolve())
        else resolve()
        left()
      }),
    join,
    heard(frame) {
      const { type } = frame
      if (type === '$joined') {
        // What one has asked for is in the answer.
        if (asked && (place.position ?? last)) put = frame.data
        else enter(frame.data)
      } else if (type === '$gap') gap()
      else if (type === '$left') left(errorOf(frame))
      else if (type === '$presence') {
        // The answer tells who is there.
        if (!who.change(frame)) again()
      } else if ((type as string)?.[0] !== '$') {
        const step = published(place, frame as unknown as Publication, off)
        place = step.place
        // Joining again was of use.
        if (step.deliver) rest.reset()
        tell(step)
        if (step.rejoin) gap()
      }
    },
    lost(code) {
      stop('joining')
      rest.reset()
      // It may have been let in.
      resume ??= call.resume
      // What was kept on the other side is of another version.
      if (code === 4210) place = { ...place, position: undefined }
    },
  }
}

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
  off,
  published,
} from './subscription.ts'

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
  const { io, rules, requests } = call
  const { on, emit } = emitter()
  const who = presence()
  let status: ChannelStatus = 'joining'
  let place: Place = { live: false, seen: !!kept, position: kept }
  const rest = pauses(io.timers)
  /** What the server called the connection on which one was here. */
  let resume: unknown
  /** The question that is not answered yet. */
  let asked: object | undefined
  let cancel = (): void => {}

  const set = (next: ChannelStatus, error?: RequestError): void => {
    if (status !== next) emit('$status', (status = next), error)
  }
  const stop = (next: ChannelStatus, error?: RequestError): void => {
    cancel()
    asked = undefined
    place = off(place)
    set(next, error)
  }
  /** For good. */
  const left = (error?: RequestError): void => {
    if (status === 'left') return
    over()
    stop('left', error)
  }
  const join = (): void => {
    cancel()
    if (!call.line) return
    const question = (asked = {})
    const since = place.position
    requests.ask({ type: '$join', channel: address, since, last, resume }, (error, data) => {
      if (asked !== question) return
      if (!error) enter(data)
      else if (isPassing(error)) again(error.retryAfterMs)
      else left(error)
    })
  }
  const again = (afterMs = 0): void => {
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
      const { live, position } = place
      if (!live) return
      if (position) place = { ...place, position: [position[0], offset!] }
      emit(type, data)
    }
  }
  /** One is on it, by one's own will or the server's. */
  const enter = (data: unknown): void => {
    const reply: JoinReply = Object(data)
    const step = joined(place, reply, rules)
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
        left()
        if (isThere) requests.ask({ type: '$leave', channel: address }, () => resolve())
        else resolve()
      }),
    join,
    heard(frame) {
      const { type } = frame
      if (type === '$joined') enter(frame.data)
      else if (type === '$gap') gap()
      else if (type === '$left') left(errorOf(frame))
      else if (type === '$presence') {
        if (who.change(frame)) return
        requests.ask({ type, channel: address }, (error, state) => {
          if (!error) who.replace(state)
          // The reply to a join tells it too.
          else if (place.live) again(error.retryAfterMs)
        })
      } else if ((type as string)?.[0] !== '$') {
        const step = published(place, frame as unknown as Publication, rules)
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
      // What was kept on the other side is of another version.
      if (code === 4210) place = { ...place, position: undefined }
    },
  }
}

function isPassing({ code, retryAfterMs }: RequestError): boolean {
  return retryAfterMs !== undefined || code === 'timeout' || code === 'queue_full'
}

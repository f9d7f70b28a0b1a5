import { SocketError } from '../errors.ts'
import { emit, observed } from '../observe.ts'
import { CloseCode } from '../protocol/close-codes.ts'
import { MALFORMED, decode, exceeds, isShallow } from '../protocol/codec.ts'
import { MAX_FRAMES, errorFrame, replyFrame } from '../protocol/frame.ts'
import { Encoded, encodedReply } from '../protocol/publication.ts'
import { Call, LOST } from './call.ts'
import { SKIPPED, isThenable } from './compose.ts'
import type { Connection } from './connection.ts'
import { Commit } from './routes.ts'
import { Failed, mustPass, wireIssues } from './schema.ts'
import { pump } from './stream.ts'

/** Handlers of messages that have not settled, per connection. */
const MAX_RUNNING = 256

const CROWDED = new SocketError('overloaded', 'too many at once', { retryAfterMs: 1000 })

interface Frame {
  readonly type?: unknown
  readonly id?: unknown
  readonly timeout?: unknown
  readonly key?: unknown
  readonly again?: unknown
  readonly count?: unknown
  readonly data?: unknown
  readonly channel?: unknown
  readonly since?: unknown
  readonly last?: unknown
  readonly resume?: unknown
  readonly token?: unknown
}

/**
 * Handles a message as it came in, or a frame that was decoded before and had to wait. What a policy
 * has refused is answered, and not handled.
 */
export function receive(c: Connection, item: unknown, refusal?: SocketError): void {
  if (typeof item === 'string') {
    const { maxMessageBytes } = c.transport.limits
    if (exceeds(item, maxMessageBytes)) {
      c.close(CloseCode.tooBig, `at most ${maxMessageBytes} bytes a message`)
      return
    }
    const value = decode(item)
    if (Array.isArray(value)) receiveAll(c, value, refusal)
    else receiveFrame(c, value, refusal)
  } else if (item instanceof Uint8Array) {
    c.close(CloseCode.unsupportedData, 'this endpoint speaks text')
  } else {
    // One of an array, and not the first of it.
    receiveFrame(c, item, refusal ?? c.following?.takeFrame())
  }
}

function receiveAll(c: Connection, frames: readonly unknown[], refusal?: SocketError): void {
  if (frames.length === 0 || frames.length > MAX_FRAMES) {
    refuse(c, undefined, 'bad_frame', `an array holds 1 to ${MAX_FRAMES} frames`)
    return
  }
  for (let i = 0; i < frames.length && !c.deaf; i++) {
    receiveFrame(c, frames[i], refusal ?? (i > 0 ? c.following?.takeFrame() : undefined))
    if (c.blocked) {
      // Put back as it is, a text would be read as a message of its own.
      c.putBack(frames.slice(i + 1).map((frame) => (typeof frame === 'string' ? null : frame)))
      return
    }
  }
}

function receiveFrame(c: Connection, value: unknown, refusal?: SocketError): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const why = value === MALFORMED ? 'not JSON' : 'a frame is a JSON object'
    // A ping may be too much, too.
    const { code, message, retryAfterMs } = refusal ?? new SocketError('bad_frame', why)
    refuse(c, undefined, code, message, '', retryAfterMs)
    return
  }
  const frame = value as Frame
  const { type } = frame
  if (type === '$more' || type === '$cancel') {
    control(c, type, frame)
    return
  }
  let id: number | undefined
  if (frame.id !== undefined) {
    if (!Number.isSafeInteger(frame.id) || (frame.id as number) <= c.snapshot.last) {
      refuse(c, undefined, 'bad_frame', 'an id is a whole number above every earlier one')
      c.close(CloseCode.badFrame, 'bad id')
      return
    }
    c.snapshot.last = id = frame.id as number
    c.transport.persistSoon?.(c.snapshot)
  }
  if (typeof type !== 'string') {
    refuse(c, id, 'bad_frame', 'a frame has a type')
    return
  }
  if (!isShallow(frame.data)) {
    refuse(c, id, 'bad_frame', 'nested too deep', type)
    return
  }
  if (refusal) {
    turnAway(c, id, frame, refusal)
    return
  }
  const { messages, requests, limits } = c.behaviour
  const route =
    id === undefined ? messages.get(type) : (requests.get(type) ?? c.following?.routeOf(type))
  if (!route) {
    const other = id === undefined ? requests : messages
    const why = other.has(type) ? 'an id makes a request, and no id a message' : 'no such type'
    refuse(c, id, 'unknown', `Cannot handle "${type}": ${why}`)
  } else if (
    (c.running && c.running.size >= MAX_RUNNING) ||
    (id !== undefined && c.inFlight >= limits.inFlight)
  ) {
    turnAway(c, id, frame, CROWDED)
  } else check(new Call(c, route, id), frame)
}

function check(call: Call, frame: Frame): void {
  const { connection: c, route } = call
  try {
    const checked = route.input(route.field === 'frame' ? frame : frame[route.field])
    if (checked instanceof Promise) {
      c.block(
        call.follow(checked, (settled) => {
          if (c.deaf) call.drop('connection lost')
          else start(call, settled, frame)
        }),
      )
    } else start(call, checked, frame)
  } catch (error) {
    call.fail(error)
  }
}

function start(call: Call, checked: unknown, frame: Frame): void {
  const { connection: c, route } = call
  if (checked instanceof Failed) {
    const error = new SocketError('invalid', `"${route.type}" breaks its schema`)
    call.answer(errorFrame(call.requestId, error, wireIssues(checked)), error.code)
    return
  }
  call.data = checked
  const { timeout } = frame
  const { keys, limits } = c.behaviour
  if (frame.key !== undefined && keys && route.field === 'data' && call.requestId !== undefined) {
    keys.handle(call, frame, timeoutOf(timeout, limits.requestTimeoutMs))
    return
  }
  const result = route.run(call)
  if (route.kind === 'stream') {
    call.begin(timeoutOf(timeout, Infinity))
    void pump(call, result)
  } else if (isThenable(result)) {
    call.begin(timeoutOf(timeout, limits.requestTimeoutMs))
    call.follow(result, (value) => settle(call, value))
  } else settle(call, result)
}

/** The handler has returned: the reply, or nothing for a message. */
function settle(call: Call, result: unknown): void {
  const { route, requestId: id } = call
  if (id === undefined) {
    call.end()
    return
  }
  if (call.done) return
  if (result === SKIPPED) throw new SocketError('forbidden', 'refused')
  const checked = route.output(result instanceof Commit ? result.run() : result)
  if (checked instanceof Promise) {
    call.begin(Infinity)
    call.follow(checked, (settled) => reply(call, id, settled))
  } else reply(call, id, checked)
}

function reply(call: Call, id: number, checked: unknown): void {
  const data = mustPass(checked, 'reply')
  call.answer(data instanceof Encoded ? encodedReply(id, data) : replyFrame(id, data))
}

function control(c: Connection, type: '$more' | '$cancel', frame: Frame): void {
  const call = find(c, frame.id)
  // What has ended meanwhile is not an error: the terminal frame and this one crossed.
  if (!call) return
  if (type === '$cancel') call.cut(new SocketError('canceled', 'canceled by the client'))
  else if (Number.isSafeInteger(frame.count) && (frame.count as number) > 0) {
    const { progress } = call
    progress.credit = Math.min(progress.credit + (frame.count as number), Number.MAX_SAFE_INTEGER)
    progress.wake?.()
  } else refuse(c, undefined, 'bad_frame', '"$more" needs a positive count')
}

function find(c: Connection, id: unknown): Call | undefined {
  for (const call of c.running ?? []) if (call.requestId === id && !call.done) return call
  return undefined
}

function timeoutOf(timeout: unknown, most: number): number {
  return typeof timeout === 'number' && timeout >= 1 ? Math.min(timeout, most) : most
}

/** It is not the time for it. Of what comes again that would say that it was not done before. */
function turnAway(c: Connection, id: number | undefined, frame: Frame, why: SocketError): void {
  const isAgain = frame.key !== undefined && frame.again !== undefined
  const { code, message, retryAfterMs } = isAgain ? LOST : why
  refuse(c, id, code, message, frame.type as string, retryAfterMs)
}

/** Answers with an error of the protocol's own; without `id` where nothing was asked. */
function refuse(
  c: Connection,
  id: number | undefined,
  code: string,
  message: string,
  type = '',
  retryAfterMs?: number,
): void {
  if (observed.handled) {
    const { messages, requests } = c.behaviour
    // What the contract does not have has no name: the client's own may be anything.
    const { type: name = '', kind = id === undefined ? 'message' : 'request' } =
      (id === undefined ? messages : requests).get(type) ?? {}
    emit({ type: 'handled', ...c.labels, name, kind, code })
  }
  c.write(errorFrame(id, { code, message, retryAfterMs }))
}

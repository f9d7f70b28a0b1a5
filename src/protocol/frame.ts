import { encode, exceeds } from './codec.ts'
import type { SocketError } from '../errors.ts'

/** At most this many frames in one message, from either side. */
export const MAX_FRAMES = 64
/** An error frame is at most this long, and names at most `MAX_ISSUES` issues. */
export const MAX_ERROR_BYTES = 2048
export const MAX_ISSUES = 5

/** One place where a payload breaks its schema. */
export interface Issue {
  path: (string | number)[]
  message: string
}

export interface Welcome {
  id: string
  beat: number
  wait: number
  limits: { message: number }
  features: readonly string[]
}

export function welcomeFrame(welcome: Welcome): string {
  return encode({ type: '$welcome', ...welcome })
}

/** All of an event but its payload and the closing brace: made once per event name. */
export function eventPrefix(type: string): string {
  return `{"type":${encode(type)},"data":`
}

export function publicationFrame(channel: string, type: string, json: string): string {
  return `{"channel":${encode(channel)},"type":${encode(type)},"data":${json}}`
}

export function replyFrame(id: number, json: string): string {
  return `{"id":${id},"data":${json}}`
}

export function itemFrame(id: number, json: string): string {
  return `{"id":${id},"item":${json}}`
}

export function endFrame(id: number): string {
  return `{"id":${id},"end":true}`
}

export function joinedFrame(channel: string): string {
  return encode({ type: '$joined', channel, data: {} })
}

export function leftFrame(channel: string, code: string): string {
  return encode({ type: '$left', channel, code })
}

/** Several frames of one turn as one message. */
export function joinFrames(frames: readonly string[]): string {
  return frames.length === 1 ? (frames[0] as string) : `[${frames.join(',')}]`
}

export function errorFrame(
  id: number | undefined,
  error: SocketError,
  issues?: readonly Issue[],
): string {
  const body = {
    code: error.code,
    message: clip(error.message, 256),
    ...(error.retryAfterMs === undefined ? {} : { retryAfter: error.retryAfterMs }),
  }
  for (let count = Math.min(issues?.length ?? 0, MAX_ISSUES); count > 0; count--) {
    const text = encode({ id, error: { ...body, issues: issues?.slice(0, count).map(clipIssue) } })
    if (!exceeds(text, MAX_ERROR_BYTES)) return text
  }
  return encode({ id, error: body })
}

function clipIssue(issue: Issue): Issue {
  return {
    path: issue.path.slice(0, 32).map((key) => (typeof key === 'string' ? clip(key, 64) : key)),
    message: clip(issue.message, 200),
  }
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

import { exceeds } from './codec.ts'
import type { Refusal } from '../errors.ts'

/** At most this many frames in one message, from either side. */
export const MAX_FRAMES = 64
/** Frames that wait to be joined never hold more characters than this, but for the last of them. */
export const MAX_JOINED_LENGTH: number = 64 * 1024
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
  /** Milliseconds until the credential expires. */
  expires?: number
  /** By which the client proves, on its next connection, that it was this one. */
  resume?: string | undefined
  /** What remembers requests with a key. */
  keys?: string | undefined
  limits: { message: number }
  features: readonly string[]
}

export function welcomeFrame(welcome: Welcome): string {
  return JSON.stringify({ type: '$welcome', ...welcome })
}

// One call of JSON.stringify for a whole frame: to put a payload's text into a template costs Bun more
// than the rest of the frame. JSON has no `undefined`.

export function eventFrame(type: string, data: unknown): string {
  return JSON.stringify({ type, data: data ?? null })
}

export function replyFrame(id: number, data: unknown): string {
  return JSON.stringify({ id, data: data ?? null })
}

export function itemFrame(id: number, item: unknown): string {
  return JSON.stringify({ id, item: item ?? null })
}

export function endFrame(id: number): string {
  return `{"id":${id},"end":true}`
}

export function leftFrame(channel: string, code: string): string {
  return JSON.stringify({ type: '$left', channel, code })
}

export function reauthFrame(withinMs: number): string {
  return JSON.stringify({ type: '$reauth', within: Math.round(withinMs) })
}

export function byeFrame(code: string, retry: readonly [number, number] | false): string {
  return JSON.stringify({ type: '$bye', code, retry })
}

/** Several frames of one turn as one message. */
export function joinFrames(frames: readonly string[]): string {
  return frames.length === 1 ? (frames[0] as string) : `[${frames.join(',')}]`
}

export function errorFrame(
  id: number | undefined,
  error: Refusal,
  issues?: readonly Issue[],
): string {
  const body = {
    code: error.code,
    message: clip(error.message, 256),
    retryAfter: error.retryAfterMs,
  }
  for (let count = Math.min(issues?.length ?? 0, MAX_ISSUES); count > 0; count--) {
    const text = JSON.stringify({
      id,
      error: { ...body, issues: issues?.slice(0, count) },
    })
    if (!exceeds(text, MAX_ERROR_BYTES)) return text
  }
  return JSON.stringify({ id, error: body })
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

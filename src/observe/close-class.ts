import type { CloseEvent } from '../observe.ts'
import { CloseCode } from '../protocol/close-codes.ts'

/**
 * Why connections end, in few words. On its own a code is no label: a client may send any of two
 * thousand.
 */
export type CloseClass =
  | 'client'
  | 'lost'
  | 'normal'
  | 'restart'
  | 'silent'
  | 'slow'
  | 'rate_limited'
  | 'overloaded'
  | 'credential'
  | 'protocol'
  | 'error'
  | 'application'

const CLASSES: ReadonlyMap<number, CloseClass> = new Map([
  [CloseCode.normal, 'normal'],
  [1001, 'restart'],
  [1002, 'protocol'],
  [CloseCode.unsupportedData, 'protocol'],
  [1007, 'protocol'],
  [CloseCode.tooBig, 'protocol'],
  [CloseCode.internalError, 'error'],
  [CloseCode.restart, 'restart'],
  [CloseCode.overloaded, 'overloaded'],
  [CloseCode.badFrame, 'protocol'],
  [CloseCode.unauthenticated, 'credential'],
  [CloseCode.expired, 'credential'],
  [CloseCode.authTimeout, 'credential'],
  [CloseCode.reconnect, 'restart'],
  [CloseCode.noTraffic, 'silent'],
  [CloseCode.tooSlow, 'slow'],
  [CloseCode.rateLimited, 'rate_limited'],
  [CloseCode.stateInvalid, 'error'],
])

export function closeClass({ own, code, wasClean }: CloseEvent): CloseClass {
  if (own) return CLASSES.get(code) ?? 'application'
  return wasClean ? 'client' : 'lost'
}

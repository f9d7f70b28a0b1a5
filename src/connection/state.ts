import { exceeds } from '../protocol/codec.ts'
import type { Follows, Snapshot } from '../runtime/port.ts'

/**
 * What a Durable Object keeps with a socket, less its own overhead and the times at which the peer came
 * and was heard last; the same limit everywhere.
 */
export const MAX_SNAPSHOT_BYTES: number = 16 * 1024 - 64

/** Of all connections without a state. */
const NONE: object = Object.freeze({})

/**
 * The JSON that a state becomes. What JSON cannot carry is gone here, in the handshake, on every
 * runtime, instead of after the first hibernation on one.
 *
 * @throws {TypeError} if the state is not an object
 */
export function toState(value: unknown): object {
  if (value === undefined) return NONE
  const state: unknown = JSON.parse(JSON.stringify(value ?? {}) ?? 'null')
  if (typeof state !== 'object' || state === null || Array.isArray(state)) {
    throw new TypeError('Cannot keep the state of a connection: return a plain object from state()')
  }
  return state
}

/** @throws {RangeError} if the state is too large to be kept */
export function newSnapshot(
  state: unknown,
  protocol: string,
  follows?: Follows,
  route = '',
): Snapshot {
  // 74 random bits, as a string that does not keep the longer one
  const id = crypto.randomUUID().replace(/^.{14}/, 'c_')
  const snapshot: Snapshot = {
    v: 1,
    id,
    state: toState(state),
    protocol,
    opened: false,
    last: 0,
    channels: [],
    ...(follows && { follows }),
    route,
  }
  checkSize(snapshot)
  return snapshot
}

/** @throws {RangeError} if the snapshot is too large to be kept */
export function checkSize(snapshot: Snapshot): void {
  // These come later, and have room of their own.
  const text = JSON.stringify({ ...snapshot, seen: undefined, since: undefined })
  if (exceeds(text, MAX_SNAPSHOT_BYTES)) {
    throw new RangeError(
      `Cannot keep more than ${MAX_SNAPSHOT_BYTES} bytes of state, channels and policies: look the rest up by id`,
    )
  }
}

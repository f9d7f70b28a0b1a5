import type { Snapshot } from './port.ts'

/** A socket that keeps something for us while its object sleeps: at most 16 KiB. */
export interface Keeper {
  serializeAttachment(value: unknown): void
  deserializeAttachment(): unknown
}

/**
 * A snapshot is kept as a list: without their names the fields take 70 bytes less than what its size was
 * checked by. That leaves room for what comes later, such as the times from which policies count.
 */
const FIELDS = [
  ...(['v', 'id', 'state', 'protocol', 'opened', 'last', 'channels', 'route'] as const),
  ...(['follows', 'seen', 'since', 'secret'] as const),
]

/** @throws {Error} if it is too large */
export function keep(socket: Keeper, snapshot: Snapshot): void {
  const text = JSON.stringify(FIELDS.map((name) => snapshot[name]))
  try {
    socket.serializeAttachment(text)
  } catch {
    // One character beyond Latin-1, and every character of a string takes two bytes.
    socket.serializeAttachment(new TextEncoder().encode(text))
  }
}

/** What a socket has kept; `undefined` if it is nothing, or another version wrote it. */
export function snapshotOf(socket: Keeper): Snapshot | undefined {
  try {
    const data = socket.deserializeAttachment() as string | Uint8Array
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
    const values = JSON.parse(text) as unknown[]
    if (values[0] !== 1) return undefined
    return Object.fromEntries(
      FIELDS.flatMap((name, index) => (values[index] === null ? [] : [[name, values[index]]])),
    ) as unknown as Snapshot
  } catch {
    return undefined
  }
}

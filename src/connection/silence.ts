import { JSON_PROTOCOL } from '../protocol/subprotocol.ts'
import type { Snapshot } from '../runtime/port.ts'
import { beatOf } from './heartbeat.ts'

/**
 * Whether a client that is not asked for a sign of life has not given one in time: a message, or a ping
 * that the runtime has answered. One that speaks the protocol pings when it has nothing to say; of
 * others is known only who has pinged before.
 */
export function isSilent(
  { seen = 0, protocol, follows }: Snapshot,
  pingedAt: number,
  now: number,
): boolean {
  if (protocol !== JSON_PROTOCOL && pingedAt === 0) return false
  const { intervalMs, timeoutMs } = beatOf(follows)
  return now - Math.max(seen, pingedAt) > intervalMs + timeoutMs
}

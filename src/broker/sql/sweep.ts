import { type SqlChannel, type SqlChannels, USED_WITHIN_MS } from './channels.ts'
import type { Sql } from './database.ts'

/** How long a position is remembered when nobody has used its channel and nothing of it is kept. */
const FORGET_AFTER_MS = 30 * 24 * 60 * 60 * 1000
/** Publications that go at once. */
const BATCH = 32
/** Steps of one sweep: what is over the limits after that waits for the next. */
const STEPS = 128

export interface Limits {
  readonly maxBytes: number
  /** Somebody is on that channel or listens to it: it is used. */
  inUse(address: string): boolean
}

/** Lets go what nobody asks for any more, and of the rest what does not fit; not more than a little at once. */
export function sweep(sql: Sql, channels: SqlChannels, now: number, limits: Limits): void {
  for (let step = 0; step < STEPS; step++) {
    const swept =
      expire(channels, now) || shrink(sql, channels, now, limits) || forget(channels, now, limits)
    if (!swept) return
  }
}

/** Of a channel that is not published to, nothing else lets go what is too old. */
function expire(channels: SqlChannels, now: number): boolean {
  const channel = channels.oldest(true)
  if (!channel || channel.used + USED_WITHIN_MS + channel.age > now) return false
  channel.evict(BATCH)
  return true
}

function shrink(sql: Sql, channels: SqlChannels, now: number, limits: Limits): boolean {
  if (sql.databaseSize <= limits.maxBytes) return false
  const channel = channels.oldest(true)
  if (!channel) return retire(channels, channels.oldest(false), now, limits)
  channel.evict(BATCH)
  return true
}

function forget(channels: SqlChannels, now: number, limits: Limits): boolean {
  const channel = channels.oldest(false)
  if (!channel || channel.used + FORGET_AFTER_MS > now) return false
  return retire(channels, channel, now, limits)
}

function retire(
  channels: SqlChannels,
  channel: SqlChannel | undefined,
  now: number,
  { inUse }: Limits,
): boolean {
  if (!channel) return false
  if (inUse(channel.address)) channel.touch(now)
  else channels.drop(channel)
  return true
}

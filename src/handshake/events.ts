import type { Context } from 'hono'
import type { Pattern } from '../channel/address.ts'
import { type ChannelRoutes, channelOf } from '../channel/channel.ts'
import { RECOVERS } from '../channel/feed.ts'
import { STOP_ID, positionOf } from '../protocol/event-stream.ts'
import type { Reading } from '../runtime/port.ts'
import { refuseCrossOrigin } from './origin.ts'
import { planOf } from './plan.ts'
import { refusal } from './refusal.ts'

/**
 * What a request for server-sent events wants to read; or the answer to one that gets nothing.
 *
 * @throws {TypeError} if the route has not the parameters of the channel
 */
export async function readingOf(channel: Pattern, c: Context): Promise<Reading | Response> {
  const refused = planOf(c).originChecked ? undefined : await refuseCrossOrigin(c)
  if (refused) return refused
  const id = c.req.header('last-event-id') || c.req.query('lastEventId') || undefined
  // It has been told to stay away: this stops an EventSource, which else comes back for ever.
  if (id === STOP_ID) return c.body(null, 204)
  const last = c.req.query('last')
  if (last !== undefined && !/^\d{1,9}$/.test(last)) {
    return refusal(400, 'last is how many publications: a whole number')
  }
  const address = addressOf(channel, c)
  if (address === undefined) return refusal(403, 'not allowed to join')
  return {
    channel: address,
    ...(id !== undefined && { since: positionOf(id) }),
    ...(last !== undefined && { last: Math.min(Number(last), RECOVERS.maxCount) }),
    ...(c.req.method === 'HEAD' && { head: true }),
  }
}

/**
 * The channel that a socket streams.
 *
 * @throws {TypeError} if it has no such channel, or an event whose name is no line of text
 */
export function streamedChannel(routes: ChannelRoutes, name: string): Pattern {
  const { pattern, events } = channelOf(routes, name)
  for (const type of events.keys()) {
    if (/[\r\n]/.test(type)) {
      throw new TypeError(
        `Cannot stream channel "${name}": give event ${JSON.stringify(type)} a name of one line`,
      )
    }
  }
  return pattern
}

/** `undefined` if the client has put something into the path that is no parameter of a channel. */
function addressOf(channel: Pattern, c: Context): string | undefined {
  const params = c.req.param() as Record<string, string>
  for (const [, name = ''] of channel.name.matchAll(/:([\w-]+)/g)) {
    if (Object.hasOwn(params, name)) continue
    const { path } = c.req.matchedRoutes[c.req.routeIndex] ?? {}
    throw new TypeError(
      `Cannot stream channel "${channel.name}": the route "${path}" has no parameter "${name}"`,
    )
  }
  try {
    return channel.address(params)
  } catch {
    return undefined
  }
}

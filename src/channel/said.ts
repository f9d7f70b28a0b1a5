import type { Awaitable } from '../broker/port.ts'
import type { Connection } from '../connection/connection.ts'
import { mustPass } from '../connection/schema.ts'
import type { PresenceRoute } from './channel.ts'
import { after } from './feed.ts'

/** What is said of a connection on a channel, encoded. */
export function saidOf(
  presence: PresenceRoute | undefined,
  c: Connection,
  params: Readonly<Record<string, string>>,
): Awaitable<string | undefined> {
  if (!presence?.rule) return undefined
  return after(presence.rule(c, params) as Awaitable<unknown>, (meta) => {
    if (meta === undefined) return undefined
    return after(presence.check(meta), (checked) =>
      JSON.stringify(mustPass(checked, 'tell who is there') ?? null),
    )
  })
}

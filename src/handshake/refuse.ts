import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { RawLive } from '../connection/raw.ts'
import type { Lifecycle } from '../connection/lifecycle.ts'
import { newSnapshot } from '../connection/state.ts'
import { CLOSES, type Endpoint } from '../runtime/port.ts'
import { handoverOf } from './plan.ts'
import { refusal } from './refusal.ts'
import { routeAhead } from './route.ts'
import { negotiate } from './upgrade.ts'

/**
 * How a client is told that it may not connect. A browser shows every HTTP status as 1006: what an honest
 * client has to act on can be said by a close code instead, right after the 101.
 */
export type Refuse = 'http' | 'close'

interface Why {
  readonly status: 400 | 401 | 403 | 429 | 503
  /** The close code that says the same. */
  readonly code: number
  readonly why: string
  readonly headers?: Record<string, string>
}

/** Refuses by throwing: `some()` may try another policy then. */
export async function refuse(
  c: Context,
  { status, code, why, headers }: Why,
  how: Refuse = 'http',
): Promise<never> {
  const handover = handoverOf(c)
  const route = how === 'close' && handover && !handover.events && routeAhead(c)
  // What is wrong with the handshake itself is answered by the route, if it is ever reached: only a
  // page that may not connect is not told more than that.
  const protocol = route && (await negotiate(route, c))
  const foreign = protocol instanceof Response && protocol.status === 403
  const res = foreign ? protocol : refusal(status, why, headers)
  if (handover) handover.refused = res
  if (handover && route && typeof protocol === 'string') {
    handover.upgrade = { endpoint: ending(code, why), snapshot: newSnapshot({}, protocol) }
    res.headers.set(CLOSES, handover.mark)
  }
  throw new HTTPException(foreign ? 403 : status, { res, message: res.why })
}

const endings = new Map<string, Endpoint>()

/** Takes sockets only to close them. */
function ending(code: number, why: string): Endpoint {
  const name = `${code} ${why}`
  const known = endings.get(name)
  if (known) return known
  const live = new Set<Lifecycle>()
  const open = (c: RawLive): void => c.close(code, why)
  const made: Endpoint = {
    live,
    accept: (transport, snapshot) => new RawLive(transport, snapshot, { open }, live),
  }
  endings.set(name, made)
  return made
}

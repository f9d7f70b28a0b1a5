import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { hostCheck, isOfThisMachine } from './hosts.ts'
import { knocks } from './knock.ts'
import { type OriginCheck, canonical, isSameOrigin, listed } from './origins.ts'
import { handoverOf, planned } from './plan.ts'
import { type Refusal, refusal } from './refusal.ts'

/** Options of {@linkcode origin}. */
export interface OriginOptions {
  /**
   * What to do with a request that names no origin and carries no cookie: not a browser's. One with
   * a cookie is always refused.
   *
   * @default {'allow'}
   */
  absent?: 'allow' | 'refuse'
  /**
   * The names of this server, as they stand in `Host`, with a port or for any: `chat.example`. A request
   * for another one is refused. Else whoever owns a domain can let it point here, and its pages are of
   * the same host then (DNS rebinding).
   *
   * @default any name
   */
  hosts?: readonly string[]
  /**
   * For development: admits pages of this machine at any port, where the server itself is asked for by a
   * name of this machine.
   *
   * @default false
   */
  localhost?: boolean
  /**
   * Admits pages whose origin is `null`: files, sandboxed frames. Anybody can make such a page, so none
   * that sends a cookie is admitted.
   *
   * @default false
   */
  allowNull?: boolean
}

/**
 * Which web pages may open sockets here. Without this policy only pages of the same host and port
 * may. Browsers send cookies along with sockets that any page opens, and neither CORS nor SameSite
 * stops them: this check does (RFC 6455 section 10.2).
 *
 * `allow` is one origin, several, or a function. `https://*.example.com` stands for one or more whole
 * labels before `.example.com`, and not for `https://example.com` itself. `'self'` stands for the default.
 * A refusal is a 403. What is no WebSocket handshake passes.
 *
 * @throws {TypeError} if an entry is not an origin, or a wildcard that strangers could be below
 * @throws {TypeError} if one of `hosts` is not a host
 *
 * @example
 * ```ts
 * import { origin } from 'denwa/handshake'
 * import { Hono } from 'hono'
 *
 * const app = new Hono()
 * app.use('/chat/*', origin(['https://chat.example', 'https://*.preview.example']))
 * ```
 */
export function origin(
  allow: string | string[] | OriginCheck,
  options: OriginOptions = {},
): MiddlewareHandler {
  const check: OriginCheck =
    typeof allow === 'function'
      ? async (origin, c) => canonical(origin) !== undefined && (await allow(origin, c)) === true
      : listed([allow].flat())
  const { hosts, localhost = false } = options
  const served = hosts && hostCheck(hosts, localhost)
  const rules: Rules = {
    ...options,
    check: async (origin, c) =>
      (localhost && isOfThisMachine(origin, c)) || (await check(origin, c)),
  }
  return async function origin(c, next) {
    if (!knocks(c)) return next()
    const refused =
      served?.(c) === false
        ? refusal(403, 'This Host is not one of ours: name it in hosts of origin()')
        : await refuseOrigin(c, rules)
    if (refused) {
      const handover = handoverOf(c)
      if (handover) handover.refused = refused
      throw new HTTPException(403, { res: refused, message: refused.why })
    }
    return planned(c, { originChecked: true }, next)
  }
}

/** The default policy: a page of the same host and port. */
export function refuseCrossOrigin(c: Context): Promise<Refusal | undefined> {
  return refuseOrigin(c, { check: isSameOrigin })
}

interface Rules extends Pick<OriginOptions, 'absent' | 'allowNull'> {
  readonly check: OriginCheck
}

async function refuseOrigin(c: Context, rules: Rules): Promise<Refusal | undefined> {
  const { check, absent = 'allow', allowNull = false } = rules
  const { headers } = c.req.raw
  const header = headers.get('origin')
  if (header === null && handoverOf(c)?.events) return refuseUnnamed(headers, absent)
  if (header === null) {
    // A browser names the origin on every handshake: who sends a cookie without one is not honest.
    if (headers.has('cookie')) return refusal(403, 'A request with a cookie names its Origin')
    return absent === 'refuse' ? refusal(403, 'This endpoint wants an Origin') : undefined
  }
  if (header === 'null' && allowNull) {
    return headers.has('cookie') ? refusal(403, 'Nobody knows whose cookie this is') : undefined
  }
  return (await check(header, c))
    ? undefined
    : refusal(403, 'This Origin may not connect: admit it by origin() of denwa/handshake')
}

/**
 * A browser names no origin when a page reads from where it came from, and says so in another header
 * (Fetch Metadata). What a page of another origin would read without naming it, it cannot see.
 */
function refuseUnnamed(headers: Headers, absent: 'allow' | 'refuse'): Refusal | undefined {
  const site = headers.get('sec-fetch-site')
  if (site === 'same-origin') return undefined
  if (site === 'same-site' || site === 'cross-site') {
    return refusal(403, 'A page of another origin names its Origin')
  }
  return absent === 'refuse' ? refusal(403, 'This endpoint wants an Origin') : undefined
}

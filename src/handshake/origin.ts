import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { knocks } from './knock.ts'
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
}

/** Decides on an origin that is present and canonical. */
export type OriginCheck = (origin: string, c: Context) => boolean | Promise<boolean>

/**
 * Which web pages may open sockets here. Without this policy only pages of the same host and port
 * may. Browsers send cookies along with sockets that any page opens, and neither CORS nor SameSite
 * stops them: this check does (RFC 6455 section 10.2).
 *
 * `allow` is one origin, several, or a function. `https://*.example.com` stands for one or more whole
 * labels before `.example.com`, and not for `https://example.com` itself. A refusal is a 403. What is
 * no WebSocket handshake passes.
 *
 * @throws {TypeError} if an entry is not an origin
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
  return async function origin(c, next) {
    if (!knocks(c)) return next()
    const refused = await refuseOrigin(c, check, options.absent ?? 'allow')
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
  return refuseOrigin(c, isSameOrigin, 'allow')
}

async function refuseOrigin(
  c: Context,
  check: OriginCheck,
  absent: 'allow' | 'refuse',
): Promise<Refusal | undefined> {
  const { headers } = c.req.raw
  const header = headers.get('origin')
  if (header === null && handoverOf(c)?.events) return refuseUnnamed(headers, absent)
  if (header === null) {
    // A browser names the origin on every handshake: who sends a cookie without one is not honest.
    if (headers.has('cookie')) return refusal(403, 'A request with a cookie names its Origin')
    return absent === 'refuse' ? refusal(403, 'This endpoint wants an Origin') : undefined
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

export function isSameOrigin(origin: string, c: Context): boolean {
  const url = canonical(origin)
  if (!url || !/^https?:/.test(origin)) return false
  const host = c.req.raw.headers.get('host')?.toLowerCase()
  // The scheme in front of a proxy is unknown here: either default port may have been left out.
  return (url.port ? host : host?.replace(/:(80|443)$/, '')) === url.host
}

function listed(allow: readonly string[]): OriginCheck {
  const exact = new Set<string>()
  const suffixes: { scheme: string; suffix: string }[] = []
  for (const entry of allow) {
    const wildcard = /^([a-z][a-z0-9+.-]*:\/\/)\*(\.[^.].*)$/.exec(entry)
    const sample = wildcard ? `${wildcard[1]}x${wildcard[2]}` : entry
    const isOrigin =
      canonical(sample) ??
      (!wildcard && /^[a-z][a-z0-9+.-]*:\/\/[\w.-]+$/.test(sample) && !/^https?:/.test(sample))
    if (!isOrigin || sample.includes('*')) {
      throw new TypeError(
        `Cannot allow the origin "${entry}": write scheme, host and port as a browser does, ` +
          'such as https://chat.example or https://*.chat.example',
      )
    }
    if (wildcard) suffixes.push({ scheme: wildcard[1] as string, suffix: wildcard[2] as string })
    else exact.add(entry)
  }
  return (origin) =>
    exact.has(origin) ||
    (canonical(origin) !== undefined &&
      suffixes.some(({ scheme, suffix }) => isBelow(origin, scheme, suffix)))
}

/** One or more whole labels between scheme and suffix. */
function isBelow(origin: string, scheme: string, suffix: string): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false
  const labels = origin.slice(scheme.length, -suffix.length)
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(labels)
}

/** The parsed origin if it is spelled as browsers spell it: lower case, no default port, no path. */
function canonical(origin: string): URL | undefined {
  const url = URL.parse(origin)
  return url?.origin === origin ? url : undefined
}

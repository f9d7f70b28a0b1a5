import type { Context, MiddlewareHandler } from 'hono'
import { checkLimits } from '../connection/behaviour.ts'
import { follow } from '../connection/followers.ts'
import type { Timers } from '../runtime/port.ts'
import { systemTimers } from '../runtime/timers.ts'
import { exceeds } from '../protocol/codec.ts'
import { addressKey, clientAddress } from './address.ts'
import { CREDENTIAL, Guard, NO_FRAMES, type Setting } from './credential/guard.ts'
import { type Pass, isOver, tryOut } from './credential/pass.ts'
import { type Source, find, isSource } from './credential/source.ts'
import { Failures } from './credential/failures.ts'
import { knocks } from './knock.ts'
import { followed, handoverOf, isReached, planned } from './plan.ts'
import { type Refuse, refuse } from './refuse.ts'
import { routeAhead } from './route.ts'

/** What `verify` is given beside the credential: it runs after the handshake too, when there is no request. */
export interface VerifyContext {
  /** The bindings of the app, as in `c.env`. */
  readonly env: any
}

/** What a credential says: variables of the context, and for how long. */
export type Verified<V> = V & {
  /** Milliseconds until it expires. @default never */
  expiresInMs?: number
}

/** Options of {@linkcode credential}. */
export interface CredentialOptions<V extends Record<string, unknown>> {
  /** What the credential says, or `null` if it is not valid. It has to check signature, issuer and audience. */
  verify(credential: string, c: VerifyContext): Verified<V> | null | Promise<Verified<V> | null>
  /**
   * Where to look, in this order. `'subprotocol'`: `denwa.bearer.…` among those offered, in base64url;
   * `'header'`: `Authorization: Bearer …`; `'cookie:name'`; `'frame'`: the first frame, `$auth`, if there
   * is none elsewhere. What `verify` returned for a frame becomes part of the connection's state.
   *
   * @default {['subprotocol', 'header']}
   */
  from?: readonly Source[]
  /**
   * Who it is for, in at most 4096 bytes: a connection is never handed over to somebody else.
   *
   * @default all that `verify` returned
   */
  subject?: (value: V) => string
  /** @default {'http'}: 401; `'close'`: 4100 or 4101 after the 101 */
  refuse?: Refuse
  /** For `'frame'`: milliseconds that the client may take. Then it is closed with 4108. @default {10000} */
  frameMs?: number
  /** Milliseconds before the end at which the client is asked for a new one, by `$reauth`. @default {60000} */
  warnMs?: number
  /** Milliseconds for which a connection goes on without one. Then it is closed with 4101. @default {25000} */
  graceMs?: number
  /** Invalid credentials from one client in a minute; then 429. @default {5} */
  maxFailures?: number
  /**
   * Who has brought an invalid one. Behind a proxy all clients have the proxy's address: read theirs from
   * the header of one that you trust.
   *
   * @default the client's address, an IPv6 one by its /64; where none is known, nobody is kept out
   */
  key?: (c: Context) => string
}

/** Whom a credential is for is kept with the connection, beside its state. */
const MAX_SUBJECT_BYTES = 4096

let policies = 0

/**
 * Admits who brings a valid credential, and watches over it from then on: the client is asked for a new
 * one in time and sends it by `$auth`, and a connection whose credential has expired ends. It does so
 * after a Durable Object has slept, too.
 *
 * A cookie is sent by every page that a browser shows: together with one, `origin()` decides which.
 *
 * Make it where the app is made, not in a handler: what is stored with a connection names the policy by
 * the order in which they were made.
 *
 * @throws {RangeError} if a number is not a positive whole one
 * @throws {TypeError} if there is nowhere to look, or a place is none
 *
 * @example
 * ```ts
 * import { credential } from 'denwa/handshake'
 * import { Hono } from 'hono'
 *
 * const app = new Hono()
 * app.use(
 *   '/chat/*',
 *   credential({
 *     verify: async (token) =>
 *       token === 'secret' ? { user: 'ann', expiresInMs: 3_600_000 } : null,
 *     subject: ({ user }) => user,
 *     refuse: 'close',
 *   }),
 * )
 * ```
 */
export function credential<V extends Record<string, unknown>>(
  options: CredentialOptions<V>,
): MiddlewareHandler<{ Variables: V }> {
  const { from = ['subprotocol', 'header'], refuse: how } = options
  const { frameMs = 10_000, warnMs = 60_000, graceMs = 25_000, maxFailures = 5 } = options
  checkLimits({ frameMs, warnMs, graceMs, maxFailures })
  if (from.length === 0) throw new TypeError('Cannot find a credential nowhere: set from')
  for (const source of from) {
    if (!isSource(source)) throw new TypeError(`Cannot find a credential in "${source}"`)
  }

  const pass: Pass = {
    frameMs,
    warnMs,
    graceMs,
    failures: new Failures(maxFailures),
    async verify(token, env) {
      const verified = await options.verify(token, { env })
      if (!verified) return undefined
      const { expiresInMs = Infinity, ...value } = verified as Verified<Record<string, unknown>>
      if (typeof expiresInMs !== 'number' || Number.isNaN(expiresInMs)) {
        throw new TypeError(`Cannot let a credential expire in ${String(expiresInMs)} ms`)
      }
      const subject = options.subject?.(value as V) ?? JSON.stringify(value)
      if (exceeds(subject, MAX_SUBJECT_BYTES)) {
        throw new RangeError(
          `Cannot keep a subject of ${subject.length} characters: set subject to at most ${MAX_SUBJECT_BYTES} bytes`,
        )
      }
      return { value, subject, ...(expiresInMs < Infinity && { expiresInMs }) }
    },
  }
  // The same each time the program starts: what is stored with a connection names it.
  const name = `${CREDENTIAL}${policies++}`
  follow(name, (c, setting: Setting) => new Guard(c, pass, setting))

  return async function credential(c, next) {
    if (!knocks(c)) return next()
    const who = whose(c, options.key)
    const timers: Timers = handoverOf(c)?.timers ?? systemTimers
    if (who !== undefined && pass.failures.tooMany(who, timers.now())) return refuse(c, TOO_MANY)
    // Who fails on the connection has failed as much.
    const known = who !== undefined && { who }
    const token = find(c, from)
    if (token === undefined) {
      // A reader of events has no frames to send.
      if (!from.includes('frame') || handoverOf(c)?.events) return refuse(c, MISSING, how)
      if (routeAhead(c)?.typed === false) throw new TypeError(NO_FRAMES)
      const setting: Setting = { pending: true, ...known }
      await planned(c, followed(c, name, setting), next)
      if (isReached(c) || c.res.status >= 400) return undefined
      // What has answered does not wait for it. Its headers are not to be seen, either.
      c.res = undefined
      return refuse(c, MISSING, how)
    }
    const tried = await tryOut(pass, who, token, c.env, timers)
    if (!tried) return refuse(c, TOO_MANY)
    tried.end()
    const { found } = tried
    if (!found) return refuse(c, INVALID, how)
    if (isOver(found)) return refuse(c, EXPIRED, how)
    const { value, subject, expiresInMs } = found
    const expires = expiresInMs !== undefined && { expiresInMs }
    const setting: Setting = { subject, ...expires, ...known }
    return planned(c, followed(c, name, setting), next, value)
  }
}

function whose(c: Context, key: ((c: Context) => string) | undefined): string | undefined {
  if (key) return key(c)
  const address = clientAddress(c)
  // All together they would keep each other out.
  return address === undefined ? undefined : addressKey(address)
}

const challenge = { 'WWW-Authenticate': 'Bearer' }
const MISSING = {
  status: 401,
  code: 4100,
  why: 'This endpoint wants a credential',
  headers: challenge,
} as const
const INVALID = {
  status: 401,
  code: 4100,
  why: 'The credential is not valid',
  headers: challenge,
} as const
const EXPIRED = {
  status: 401,
  code: 4101,
  why: 'The credential has expired',
  headers: challenge,
} as const
const TOO_MANY = {
  status: 429,
  code: 4203,
  why: 'Too many invalid credentials',
  headers: { 'Retry-After': '60' },
} as const

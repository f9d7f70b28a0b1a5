import type { Call } from '../../connection/call.ts'
import type { Lifecycle } from '../../connection/lifecycle.ts'
import { Commit, type Route } from '../../connection/routes.ts'
import { Failed, asIs } from '../../connection/schema.ts'
import { SocketError } from '../../errors.ts'
import { CloseCode } from '../../protocol/close-codes.ts'
import { exceeds } from '../../protocol/codec.ts'
import { type Found, type Tried, isOver } from './pass.ts'

/** Longest credential in a frame, and longest first frame. */
export const MAX_BYTES = 4096

export const EXPIRED = 'the credential has expired'
export const TOO_MANY = 'too many invalid credentials'

/** Who watches over a credential of a connection. */
export interface Watch {
  /** By the clock of the connection: when the credential expires. */
  readonly at: number | undefined
  readonly subject: string | undefined
  /** Whether too many have failed. */
  readonly tooMany: boolean
  /** `undefined`: too many have failed already. */
  try(token: string): Promise<Tried | undefined>
  renew(found: Found): void
}

const watches = new WeakMap<Lifecycle, Watch[]>()

/** All that watch over one connection: each has its policy. */
export function watchesOf(c: Lifecycle): Watch[] {
  const known = watches.get(c)
  if (known) return known
  const made: Watch[] = []
  watches.set(c, made)
  return made
}

/** A new credential: it is for whom it renews, and each is for the same subject as before. */
async function auth(c: Lifecycle, token: string): Promise<Commit> {
  const all: { watch: Watch; tried: Tried | undefined }[] = []
  let nobodys = false
  try {
    for (const watch of watchesOf(c)) all.push({ watch, tried: await watch.try(token) })
    nobodys = !all.some(({ tried }) => tried?.found)
  } finally {
    for (const { tried } of all) tried?.end(nobodys)
  }
  const fits = all.flatMap(({ watch, tried }) => {
    const found = tried?.found
    return found && !isOver(found) && found.subject === watch.subject ? [{ watch, found }] : []
  })
  if (fits.length === 0) {
    const asked = all.flatMap(({ tried }) => tried ?? [])
    if (asked.length === 0) {
      throw new SocketError('rate_limited', TOO_MANY, { retryAfterMs: 60_000 })
    }
    if (nobodys) {
      if (all.some(({ watch }) => watch.tooMany)) c.close(CloseCode.unauthenticated, TOO_MANY)
      throw new SocketError('unauthenticated', 'the credential is not valid')
    }
    if (asked.every(({ found }) => !found || isOver(found))) {
      throw new SocketError('unauthenticated', EXPIRED)
    }
    throw new SocketError('forbidden', 'the credential is for somebody else')
  }
  return new Commit(() => {
    for (const { watch, found } of fits) watch.renew(found)
    c.tick()
    const soonest = Math.min(...fits.map(({ found }) => found.expiresInMs ?? Infinity))
    return { expires: soonest < Infinity ? soonest : null }
  })
}

const AUTH: Route = {
  type: '$auth',
  kind: 'request',
  field: 'token',
  input: (token) =>
    typeof token === 'string' && !exceeds(token, MAX_BYTES)
      ? token
      : new Failed([{ message: 'expected a token' }]),
  output: asIs,
  run: ({ connection, data }: Call) => auth(connection, data as string),
}

export const ROUTES: ReadonlyMap<string, Route> = new Map([['$auth', AUTH]])

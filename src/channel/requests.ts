import type { Position } from '../broker/port.ts'
import type { Call } from '../connection/call.ts'
import type { Connection } from '../connection/connection.ts'
import { isThenable } from '../connection/compose.ts'
import { Commit, type Route } from '../connection/routes.ts'
import { Failed, asIs } from '../connection/schema.ts'
import { SocketError } from '../errors.ts'
import type { Encoded } from '../protocol/publication.ts'
import type { ChannelRoutes, JoinRule } from './channel.ts'
import { type Ask, RECOVERS, after } from './feed.ts'

interface Target {
  readonly address: string
  readonly params: Record<string, string>
  readonly rule: JoinRule
  readonly ask: Ask
}

/** How a client asks for a channel, leaves it, and asks who is there. */
export function channelRequests(routes: ChannelRoutes): Route[] {
  const request = { kind: 'request', field: 'channel', output: asIs } as const
  return [
    { ...request, type: '$join', field: 'frame', input: (frame) => find(routes, frame), run: join },
    { ...request, type: '$leave', input: asIs, run: leave },
    { ...request, type: '$presence', input: asIs, run: presence },
  ]
}

function find(routes: ChannelRoutes, frame: unknown): Target | Failed | undefined {
  const { channel: address } = frame as { channel?: unknown }
  if (typeof address !== 'string') return undefined
  for (const { pattern, rule } of routes.values()) {
    const params = pattern.match(address)
    if (!params) continue
    const ask = askOf(frame as Partial<Record<keyof Ask, unknown>>)
    return rule && (ask instanceof Failed ? ask : { address, params, rule, ask })
  }
  return undefined
}

/** Longest epoch, and longest secret, that are read at all. */
const MAX_LENGTH = 64

function askOf({ since, last, resume }: Partial<Record<keyof Ask, unknown>>): Ask | Failed {
  if (since !== undefined && !isPosition(since)) return wrong('since', 'an epoch and an offset')
  if (last !== undefined && !isCount(last)) return wrong('last', 'a whole number')
  return {
    since,
    last: last && Math.min(last, RECOVERS.maxCount),
    // What proves nothing is as good as nothing.
    resume: typeof resume === 'string' && resume.length <= MAX_LENGTH ? resume : undefined,
  }
}

function wrong(field: string, expected: string): Failed {
  return new Failed([{ path: [field], message: `expected ${expected}` }])
}

function isPosition(value: unknown): value is Position {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [epoch, offset] = value as unknown[]
  return typeof epoch === 'string' && epoch.length <= MAX_LENGTH && isCount(offset)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Unknown, without a rule, refused: one answer for all, so that nobody learns which channels exist. */
function join(call: Call): unknown {
  const target = call.data as Target | undefined
  if (!target) throw forbidden()
  const { connection: c } = call
  const { address, params, rule, ask } = target
  const admit = (allowed: unknown): unknown => {
    if (allowed !== true) throw forbidden()
    const commit = (enter: () => Encoded): Commit => new Commit(enter)
    return after(c.channels.prepare(c, address, params, ask), commit)
  }
  const allowed = rule(c, params)
  return isThenable(allowed) ? Promise.resolve(allowed).then(admit) : admit(allowed)
}

/** Ends what would put a connection on a channel, were it not for this. */
export function cutJoins(c: Connection, address: string, why: SocketError): boolean {
  let cut = false
  for (const call of c.running ?? []) {
    if (call.type !== '$join' || (call.data as Target | undefined)?.address !== address) continue
    call.cut(why)
    cut = true
  }
  return cut
}

function leave({ connection: c, data }: Call): unknown {
  return new Commit(() => {
    if (typeof data !== 'string') return null
    cutJoins(c, data, new SocketError('canceled', 'left meanwhile'))
    c.channels.remove(c, data)
    return null
  })
}

function presence({ connection: c, data }: Call): unknown {
  return new Commit(() => {
    const state = c.channels.stateOf(c, String(data))
    if (!state) throw new SocketError('forbidden', 'not on a channel that tells who is there')
    return state
  })
}

function forbidden(): SocketError {
  return new SocketError('forbidden', 'not allowed to join')
}

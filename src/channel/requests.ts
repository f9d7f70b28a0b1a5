import type { Call } from '../connection/call.ts'
import { isThenable } from '../connection/compose.ts'
import { Commit, type Route } from '../connection/routes.ts'
import { asIs } from '../connection/schema.ts'
import { SocketError } from '../errors.ts'
import type { ChannelRoutes, JoinRule } from './channel.ts'

interface Target {
  readonly address: string
  readonly params: Record<string, string>
  readonly rule: JoinRule
}

/** How a client asks for a channel, and leaves it. */
export function channelRequests(routes: ChannelRoutes): Route[] {
  const request = { kind: 'request', field: 'channel', output: asIs } as const
  return [
    {
      ...request,
      type: '$join',
      input: (address) => find(routes, address),
      run: join,
    },
    { ...request, type: '$leave', input: asIs, run: leave },
  ]
}

function find(routes: ChannelRoutes, address: unknown): Target | undefined {
  if (typeof address !== 'string') return undefined
  for (const { pattern, rule } of routes.values()) {
    const params = pattern.match(address)
    if (params) return rule && { address, params, rule }
  }
  return undefined
}

/** Unknown, without a rule, refused: one answer for all, so that nobody learns which channels exist. */
function join(call: Call): unknown {
  const target = call.data as Target | undefined
  if (!target) throw forbidden()
  const { connection } = call
  const commit = (allowed: unknown): Commit => {
    if (allowed !== true) throw forbidden()
    return new Commit(() => {
      connection.channels.add(connection, target.address)
      return {}
    })
  }
  const allowed = target.rule(connection, target.params)
  return isThenable(allowed) ? allowed.then(commit) : commit(allowed)
}

function leave({ connection, data }: Call): unknown {
  return new Commit(() => {
    if (typeof data !== 'string') return null
    for (const call of connection.running ?? []) {
      if (call.type === '$join' && (call.data as Target | undefined)?.address === data) {
        call.cut(new SocketError('canceled', 'left meanwhile'))
      }
    }
    connection.channels.remove(connection, data)
    return null
  })
}

function forbidden(): SocketError {
  return new SocketError('forbidden', 'not allowed to join')
}

import type { Keep } from '../broker/port.ts'
import type { Connection } from '../connection/connection.ts'
import { type Check, checkOf, mustPass } from '../connection/schema.ts'
import type { ChannelDef } from '../contract.ts'
import { bodyOf } from '../protocol/publication.ts'
import { Pattern } from './address.ts'
import type { Slow } from './topic.ts'
import type { Who } from './who.ts'

/** Decides who may join by asking: only `true` admits. */
export type JoinRule = (c: Connection, params: Record<string, string>) => unknown

/** What is said of a connection that joins; `undefined` if nobody is to see it. */
export type PresenceRule = (c: Connection, params: Record<string, string>) => unknown

/** What a socket says of one channel. */
export interface ChannelRules {
  readonly join?: JoinRule
  readonly presence?: PresenceRule
}

/** One channel of a contract, compiled. */
export interface ChannelRoute {
  readonly pattern: Pattern
  readonly events: ReadonlyMap<string, Check>
  readonly rule: JoinRule | undefined
  readonly slow: Slow | undefined
  /** Absent where nothing is kept. */
  readonly keep: Keep | undefined
  /** Absent where nobody is told who is there. */
  readonly presence: PresenceRoute | undefined
}

export interface PresenceRoute {
  readonly check: Check
  readonly rule: PresenceRule | undefined
}
export type ChannelRoutes = ReadonlyMap<string, ChannelRoute>

/** What is asked of where channels and connections live: JSON. */
export type Command =
  | {
      readonly do: 'publish'
      readonly address: string
      readonly event: string
      readonly body: string
    }
  | { readonly do: 'history'; readonly address: string; readonly last: number }
  | { readonly do: 'members'; readonly address: string }
  | { readonly do: 'revoke'; readonly address: string; readonly who: Who }
  | {
      readonly do: 'disconnect'
      readonly who: Who
      readonly code: number
      readonly reason: string
    }

/** Carries it there; what comes back is how many connections were met, and nothing for a publication. */
export type Carry = (command: Command) => Promise<any>

/**
 * @throws {TypeError} if two channels have an address in common, so that the rule of one would speak
 * for the other
 */
export function channelRoutes(
  channels: Readonly<Record<string, ChannelDef>>,
  rules: Readonly<Record<string, ChannelRules>>,
): ChannelRoutes {
  const routes = new Map<string, ChannelRoute>()
  for (const [name, def] of Object.entries(channels)) {
    const pattern = new Pattern(name)
    for (const [other, route] of routes) {
      if (pattern.overlaps(route.pattern)) {
        throw new TypeError(
          `Cannot tell channels "${other}" and "${name}" apart: rename one of them`,
        )
      }
    }
    const events = new Map(
      Object.entries(def.events).map(([type, schema]) => [type, checkOf(schema)]),
    )
    const { join: rule, presence } = rules[name] ?? {}
    if (presence && !def.presence) {
      throw new TypeError(
        `Cannot tell who is on channel "${name}": give it a presence schema in the contract`,
      )
    }
    routes.set(name, {
      pattern,
      events,
      rule,
      slow: def.slow ?? (def.history && 'gap'),
      keep: def.history && { ...KEEPS, ...def.history },
      presence: def.presence && { check: checkOf(def.presence), rule: presence },
    })
  }
  for (const name of Object.keys(rules)) channelOf(routes, name)
  return routes
}

const KEEPS = { maxAgeMs: 3_600_000, maxBytes: 1024 * 1024 }

export function channelOf(routes: ChannelRoutes, name: string): ChannelRoute {
  const channel = routes.get(name)
  if (!channel)
    throw new TypeError(`Cannot use channel "${name}": the contract has no such channel`)
  return channel
}

/** The channel that an address belongs to. */
export function channelAt(routes: ChannelRoutes, address: string): ChannelRoute | undefined {
  for (const channel of routes.values()) if (channel.pattern.match(address)) return channel
  return undefined
}

/** A channel, addressed: what a handler publishes to. */
export class Handle {
  readonly #channel: ChannelRoute
  readonly #address: string
  readonly #carry: Carry

  constructor(channel: ChannelRoute, address: string, carry: Carry) {
    this.#channel = channel
    this.#address = address
    this.#carry = carry
  }

  /**
   * @throws {TypeError} at once if the contract has no such event, or its schema refuses the data
   */
  publish(event: string, data: unknown): Promise<void> {
    const check = this.#channel.events.get(event)
    if (!check) {
      const { name } = this.#channel.pattern
      throw new TypeError(`Cannot publish "${event}": channel "${name}" has no such event`)
    }
    const checked = check(data)
    return guard(
      checked instanceof Promise
        ? checked.then((settled) => this.#send(event, settled))
        : this.#send(event, checked),
    )
  }

  /** Takes connections off the channel; resolves to how many. */
  revoke(who: Who = {}): Promise<number> {
    return guard(this.#carry({ do: 'revoke', address: this.#address, who }))
  }

  /** The newest publications, oldest first. */
  history(last = 100): Promise<unknown> {
    if (!this.#channel.keep) {
      const { name } = this.#channel.pattern
      throw new TypeError(`Cannot read channel "${name}": give it a history in the contract`)
    }
    return guard(this.#carry({ do: 'history', address: this.#address, last }))
  }

  readonly presence = {
    list: (): Promise<unknown[]> => guard(this.#carry({ do: 'members', address: this.#address })),
  }

  #send(event: string, checked: unknown): Promise<void> {
    const data = mustPass(checked, `publish "${event}"`)
    const body = bodyOf(event, data)
    return this.#carry({ do: 'publish', address: this.#address, event, body })
  }
}

/** A handler that does not await its publication must not leave a rejection to the process. */
function guard<T>(done: Promise<T>): Promise<T> {
  done.catch(() => {})
  return done
}

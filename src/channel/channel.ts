import type { Connection } from '../connection/connection.ts'
import { type Check, checkOf, mustPass } from '../connection/schema.ts'
import type { ChannelDef } from '../contract.ts'
import { publicationFrame } from '../protocol/frame.ts'
import { Pattern } from './address.ts'

/** Decides who may join by asking: only `true` admits. */
export type JoinRule = (c: Connection, params: Record<string, string>) => unknown

/** One channel of a contract, compiled. */
export interface ChannelRoute {
  readonly pattern: Pattern
  readonly events: ReadonlyMap<string, Check>
  readonly rule: JoinRule | undefined
}
export type ChannelRoutes = ReadonlyMap<string, ChannelRoute>

/** Carries an encoded publication to whoever is on the channel. */
export type Publish = (address: string, frame: string) => Promise<void>

/**
 * @throws {TypeError} if two channels have an address in common, so that the rule of one would speak
 * for the other
 */
export function channelRoutes(
  channels: Readonly<Record<string, ChannelDef>>,
  rules: Readonly<Record<string, { readonly join: JoinRule }>>,
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
    routes.set(name, { pattern, events, rule: rules[name]?.join })
  }
  for (const name of Object.keys(rules)) channelOf(routes, name)
  return routes
}

export function channelOf(routes: ChannelRoutes, name: string): ChannelRoute {
  const channel = routes.get(name)
  if (!channel)
    throw new TypeError(`Cannot use channel "${name}": the contract has no such channel`)
  return channel
}

/** A channel, addressed: what a handler publishes to. */
export class Handle {
  readonly #channel: ChannelRoute
  readonly #address: string
  readonly #publish: Publish

  constructor(channel: ChannelRoute, address: string, publish: Publish) {
    this.#channel = channel
    this.#address = address
    this.#publish = publish
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

  #send(event: string, checked: unknown): Promise<void> {
    const data = mustPass(checked, `publish "${event}"`)
    return this.#publish(this.#address, publicationFrame(this.#address, event, data))
  }
}

/** A handler that does not await its publication must not leave a rejection to the process. */
function guard(published: Promise<void>): Promise<void> {
  published.catch(() => {})
  return published
}

import type { SocketError } from '../errors.ts'
import type { Follows } from '../runtime/port.ts'
import { BEAT } from './heartbeat.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Route } from './routes.ts'

/** What a policy does with a connection after the 101. */
export interface Follower {
  /** Does what is due; returns when to look again, later than `now`. In the milliseconds of the timers. */
  tick?(now: number): number
  /** Looks at a message before all else: takes it (`true`), refuses it, or lets it pass. */
  take?(data: string | Uint8Array): true | SocketError | undefined
  /** The same for each further frame of an array. */
  takeFrame?(): SocketError | undefined
  /** `open` waits until it does not hold it back any more, and has called `proceed`. */
  readonly holds?: boolean
  /** What it adds to the welcome. */
  readonly welcome?: object | undefined
  /** Requests of its own. */
  readonly routes?: ReadonlyMap<string, Route>
}

/** Makes the follower of a connection from what its policy has left: JSON, which is stored with the connection. */
export type Follow = (c: Lifecycle, setting: any) => Follower

const known = new Map<string, Follow>()

/** The module of a policy brings along the code that follows it; what is stored with a connection is data alone. */
export function follow(name: string, how: Follow): void {
  known.set(name, how)
}

/** For whom a connection is, as its policies have found: a setting may have a `subject`. */
export function subjectOf(follows: Follows = {}): string {
  const all = Object.values(follows as Record<string, { subject?: unknown }>)
  const subjects = all.map(({ subject }) => subject).filter((subject) => subject !== undefined)
  return subjects.length > 0 ? JSON.stringify(subjects) : ''
}

const WHERE = 'make its policy where the socket lives, and once: when the program starts'

/** @throws {TypeError} if a policy is not part of this program: what it guards must not go unguarded */
export function followersOf(c: Lifecycle, follows: Follows = {}): Follower[] {
  return Object.entries(follows).flatMap(([name, setting]) => {
    if (name === BEAT) return []
    const how = known.get(name)
    if (!how) throw new TypeError(`Cannot follow "${name}": ${WHERE}`)
    return how(c, setting)
  })
}

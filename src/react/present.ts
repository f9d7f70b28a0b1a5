import type { Presence } from '../client/presence.ts'

/** Who is on a channel: an object that is another one when somebody has come, gone or changed. */
export interface Present<M> {
  /** What the server says of each, by key, in the order in which they came. */
  readonly members: ReadonlyMap<string, M>
  /** How many there are: more than `members` where the server tells no more than that. */
  readonly count: number
  /** One's own key. */
  readonly self: string | undefined
}

export const NOBODY: Present<never> = {
  members: new Map<string, never>(),
  count: 0,
  self: undefined,
}

/** Who is there now. Of whom nothing else is said, what was said before is kept. */
export function present<M>({ members, count, self }: Presence<M>, before: Present<M>): Present<M> {
  const old = [...before.members]
  const now = [...members].map(([key, meta]): [string, M] => {
    const known = before.members.get(key)
    return [key, known !== undefined && isSame(known, meta) ? known : meta]
  })
  const isUnchanged =
    before.count === count &&
    before.self === self &&
    old.length === now.length &&
    now.every(([key, meta], index) => old[index]![0] === key && old[index]![1] === meta)
  return isUnchanged ? before : { members: new Map(now), count, self }
}

/** Both are what JSON can say. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

import { emitter } from './emitter.ts'

/** Who is on a channel, as far as the server has told. */
export interface Presence<M = any> {
  /** What the server says of each, by key. */
  readonly members: ReadonlyMap<string, M>
  /** How many there are: more than `members` where the server tells no more than that. */
  readonly count: number
  /** One's own key. */
  readonly self: string | undefined
  /** What the server says of each. */
  list(): M[]
  /** Hears of each who comes and goes, and by `sync` when all that was told at once is known. */
  on(event: 'join' | 'leave' | 'sync', listener: (meta: M, key: string) => void): () => void
}

/** What the server tells of it. */
export interface Told {
  /** Everybody who is there. Only what has changed is told. */
  replace(state: unknown): void
  /** What has changed; `false` if something was missed before, so that one has to ask. */
  change(diff: unknown): boolean
}

export function presence(): Presence & Told {
  const members = new Map<string, unknown>()
  const { on, emit } = emitter()
  let version: number | undefined
  const leave = (key: string): void => {
    const meta = members.get(key)
    if (members.delete(key)) emit('leave', meta, key)
  }
  const update = (now: object, count: unknown): void => {
    for (const [key, meta] of Object.entries(now)) {
      const known = members.has(key)
      members.set(key, meta)
      if (!known) emit('join', meta, key)
    }
    it.count = typeof count === 'number' ? count : members.size
    emit('sync')
  }
  const it = {
    members,
    count: 0,
    self: undefined as string | undefined,
    list: () => [...members.values()],
    on,
    replace(state: unknown) {
      const { version: of, members: there, count, self } = Object(state)
      if (typeof of !== 'number') return
      const now = Object(there)
      version = of
      it.self = self ?? it.self
      for (const key of members.keys()) if (!Object.hasOwn(now, key)) leave(key)
      update(now, count)
    },
    change(diff: unknown) {
      const { version: to, joined, left, count } = Object(diff)
      // Until the state is known it will tell all of this.
      if (version === undefined || to <= version) return true
      const isNext = to === version + 1
      version = isNext ? to : undefined
      if (isNext) {
        for (const key of Array.isArray(left) ? left : []) leave(key)
        update(Object(joined), count)
      }
      return isNext
    },
  }
  return it
}

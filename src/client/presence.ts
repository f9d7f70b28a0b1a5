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
  const update = (next: Map<string, unknown>, to: number, count: unknown): void => {
    version = to
    for (const [key, meta] of members) {
      if (next.has(key)) continue
      members.delete(key)
      emit('leave', meta, key)
    }
    for (const [key, meta] of next) {
      const isNew = !members.has(key)
      members.set(key, meta)
      if (isNew) emit('join', meta, key)
    }
    it.count = (count as number) ?? members.size
    emit('sync')
  }
  const it = {
    members,
    count: 0,
    self: undefined as string | undefined,
    list: () => [...members.values()],
    on,
    replace(state: unknown) {
      const { version: to, members: there, count, self = it.self } = Object(state)
      if (!Number.isSafeInteger(to)) return
      it.self = self
      update(new Map(Object.entries(Object(there))), to, count)
    },
    change(diff: unknown) {
      const { version: to, joined, left, count } = Object(diff)
      // Until the state is known it will tell all of this.
      if (!(to > version!)) return true
      if (to !== version! + 1) {
        version = undefined
        return false
      }
      const next = new Map([...members, ...Object.entries(Object(joined))])
      for (const key of [left].flat()) next.delete(key)
      update(next, to, count)
      return true
    },
  }
  return it
}

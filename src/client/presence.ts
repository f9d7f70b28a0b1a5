import { Emitter } from './emitter.ts'

/** Who is on a channel, as far as the server has told. */
export class Presence {
  /** What the server says of each, by key. */
  readonly members: Map<string, unknown> = new Map()
  /** How many there are: more than `members` where the server tells no more than that. */
  count = 0
  /** One's own key. */
  self: string | undefined
  #version: number | undefined
  readonly #listeners = new Emitter()

  /** Hears of each who comes and goes, and by `sync` when all that was told at once is known. */
  on(event: 'join' | 'leave' | 'sync', listener: (meta: any, key: string) => void): () => void {
    return this.#listeners.on(event, listener)
  }

  /** Everybody who is there. Only what has changed is told. */
  replace(state: unknown): void {
    const { version, members, count, self } = Object(state)
    if (!Number.isSafeInteger(version)) return
    const now = new Map(Object.entries(Object(members)))
    this.#version = version
    if (typeof self === 'string') this.self = self
    for (const key of this.members.keys()) if (!now.has(key)) this.#left(key)
    this.#changed(now, count)
  }

  /** What has changed; `false` if something was missed before, so that one has to ask. */
  change(diff: unknown): boolean {
    const { version, joined, left, count } = Object(diff)
    const last = this.#version
    // Until the state is known it will tell all of this.
    if (last === undefined || version <= last) return true
    if (version !== last + 1) {
      this.#version = undefined
      return false
    }
    this.#version = version
    for (const key of Array.isArray(left) ? left : []) this.#left(key)
    this.#changed(new Map(Object.entries(Object(joined))), count)
    return true
  }

  #changed(now: Map<string, unknown>, count: unknown): void {
    for (const [key, meta] of now) {
      const known = this.members.has(key)
      this.members.set(key, meta)
      if (!known) this.#listeners.emit('join', meta, key)
    }
    this.count = typeof count === 'number' ? count : this.members.size
    this.#listeners.emit('sync')
  }

  #left(key: string): void {
    const meta = this.members.get(key)
    if (this.members.delete(key)) this.#listeners.emit('leave', meta, key)
  }
}

import { timers } from '../client/browser.ts'

/** How what is shared begins and ends. */
export interface Life<V> {
  /** It will not come back by itself. */
  isOver(value: V): boolean
  end(value: V): void
}

/** What is in use. */
interface Held<V> {
  value: V
  readonly users: Set<(value: V) => void>
  /** Nobody needs it: it ends in a moment. */
  cancel(): void
}

/**
 * What several components have together. It begins with the first who takes it and ends with the last, a moment
 * later: who comes back at once, as after the rehearsal of `StrictMode`, finds the same one.
 */
export class Shared<V> {
  readonly #life: Life<V>
  readonly #all = new WeakMap<object, Map<string, Held<V>>>()

  constructor(life: Life<V>) {
    this.#life = life
  }

  /** The one in use, if there is one. */
  peek(owner: object, key: string): V | undefined {
    return this.#all.get(owner)?.get(key)?.value
  }

  /** `user` is given it at once, and another one if that is over when somebody takes it. The result ends the use. */
  take(owner: object, key: string, begin: () => V, user: (value: V) => void): () => void {
    let all = this.#all.get(owner)
    if (!all) this.#all.set(owner, (all = new Map()))
    const of = all
    let held = of.get(key)
    if (!held) of.set(key, (held = { value: begin(), users: new Set(), cancel() {} }))
    else if (this.#life.isOver(held.value)) {
      held.value = begin()
      for (const each of held.users) each(held.value)
    }
    const it = held
    it.cancel()
    it.users.add(user)
    user(it.value)
    return () => {
      it.users.delete(user)
      if (it.users.size > 0) return
      it.cancel = timers.after(0, () => {
        of.delete(key)
        this.#life.end(it.value)
      })
    }
  }
}

/** Says what a source is like now, and calls `change` whenever that is something else. */
type Watch<S, T> = (source: S, change: (next: (before: T) => T) => void) => T

interface Seen<T> {
  value: T
  readonly listeners: Set<() => void>
}

/** What sources have last said of themselves. It is the same object until they say something else. */
export class Latest<S extends object, T> {
  readonly #watch: Watch<S, T>
  readonly #all = new WeakMap<S, Seen<T>>()

  constructor(watch: Watch<S, T>) {
    this.#watch = watch
  }

  of(source: S): T {
    return this.#seen(source).value
  }

  /** The result ends it. */
  on(source: S, listener: () => void): () => void {
    const { listeners } = this.#seen(source)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  #seen(source: S): Seen<T> {
    const known = this.#all.get(source)
    if (known) return known
    const listeners = new Set<() => void>()
    const change = (next: (before: T) => T): void => {
      const value = next(seen.value)
      if (value === seen.value) return
      seen.value = value
      for (const listener of [...listeners]) listener()
    }
    const seen: Seen<T> = { value: this.#watch(source, change), listeners }
    this.#all.set(source, seen)
    return seen
  }
}

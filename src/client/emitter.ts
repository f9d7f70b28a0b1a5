type Listener = (...args: any[]) => void

/** Who wants to hear what. */
export class Emitter {
  readonly #listeners = new Map<string, Set<Listener>>()

  /** The result ends it. */
  on(name: string, listener: Listener): () => void {
    let set = this.#listeners.get(name)
    if (!set) this.#listeners.set(name, (set = new Set()))
    set.add(listener)
    return () => void set.delete(listener)
  }

  /** What a listener throws is reported as a rejection that nobody handles: the others hear of it still. */
  emit(name: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(...args)
      } catch (error) {
        void Promise.reject(error)
      }
    }
  }
}

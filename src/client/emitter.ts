type Listener = (...args: any[]) => void

/** Who wants to hear what. */
export interface Emitter {
  /** The result ends it. */
  on(name: string, listener: Listener): () => void
  /** What a listener throws is reported as a rejection that nobody handles: the others hear of it still. */
  emit(name: string, ...args: unknown[]): void
}

export function emitter(): Emitter {
  const all = new Set<[name: string, listener: Listener]>()
  return {
    on(...entry) {
      all.add(entry)
      return () => void all.delete(entry)
    },
    emit(name, ...args) {
      for (const entry of [...all]) {
        // One that was there, and has not been ended by another.
        if (entry[0] === name && all.has(entry)) void (async () => entry[1](...args))()
      }
    },
  }
}

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
      for (const [wanted, listener] of [...all]) {
        if (wanted !== name) continue
        try {
          listener(...args)
        } catch (error) {
          void Promise.reject(error)
        }
      }
    },
  }
}

export type Counted = 'messages' | 'bytes' | 'updates' | 'merged' | 'frames'

/** Counts, and tells how many there were a second since it was last asked. */
export class Meter {
  readonly #counts = new Map<Counted, number>()
  #since = performance.now()

  add(what: Counted, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count)
  }

  read(): (what: Counted) => number {
    const now = performance.now()
    const seconds = (now - this.#since) / 1000
    const counts = new Map(this.#counts)
    this.#counts.clear()
    this.#since = now
    return (what) => (counts.get(what) ?? 0) / seconds
  }
}

/** A WebSocket whose messages are counted. */
export function metered(meter: Meter): typeof WebSocket {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      this.addEventListener('message', ({ data }: MessageEvent<string>) => {
        meter.add('messages')
        meter.add('bytes', data.length)
      })
    }
  }
}

/** Looks again after this long, twice as long each time. */
const FIRST_MS = 50
/** An object that no event and no timer concerns for ten seconds loses its memory. */
const MOST_MS = 3200

/** What is asked of a connection. */
interface Watched {
  readonly running: ReadonlySet<unknown> | undefined
  readonly blocked: boolean
  readonly gone: boolean
}

/**
 * Keeps an object awake while memory holds what an attachment cannot: a stream that waits for
 * credit, a handler that waits for another client.
 */
export class Vigil {
  readonly #watched = new Set<Watched>()

  watch(connection: Watched): void {
    if (!isBusy(connection)) return
    if (this.#watched.size === 0) this.#look(FIRST_MS)
    this.#watched.add(connection)
  }

  #look(ms: number): void {
    setTimeout(() => {
      for (const each of this.#watched) if (!isBusy(each)) this.#watched.delete(each)
      if (this.#watched.size > 0) this.#look(Math.min(2 * ms, MOST_MS))
    }, ms)
  }
}

function isBusy({ running, blocked, gone }: Watched): boolean {
  return !gone && (blocked || (running !== undefined && running.size > 0))
}

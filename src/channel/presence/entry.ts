/** Somebody on a channel. */
export class Entry {
  /** What others know it by; it outlives the connection. */
  readonly key: string
  /** The connection it stands for. */
  connection: string
  /** How many it has stood for before. */
  turn = 0
  /** When that was accepted, by the broker's clock. */
  since: number = -Infinity
  /** What the server says of it, encoded. */
  meta: string
  /** The same as clients were told last. */
  told: string | undefined
  /** It is for this process to announce it, and to say that it has ended. */
  own = false
  /** The newest, and one before: a client that came back may be lost again before it hears of the newest. */
  secrets: readonly string[] = []

  constructor(key: string, connection: string, meta: string) {
    this.key = key
    this.connection = connection
    this.meta = meta
  }
}

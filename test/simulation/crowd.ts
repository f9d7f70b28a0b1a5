/** From a loss to a return, a little less than clients have for that: so long others may notice nothing. */
const GRACE_MS = 14_000
/** It takes a moment until others are told. */
const TOLD_MS = 2000
/** It takes a moment until a store is told. */
const STORED_MS = 500

/** Being somewhere without a gap that others may notice, over several connections. */
interface Stay {
  readonly since: number
  /** When it was let in last. */
  at: number
  /** When the server learned that the connection is lost; `undefined`: it is there. */
  lostAt: number | undefined
  /** The connection on which it was let in last. */
  connection: string
  /** The client has been told that it was let in: it can prove so later. */
  heard: boolean
}

/** Who is on which channel, as servers have decided: whether others may be told that somebody came or left. */
export class Crowd {
  readonly #now: () => number
  readonly #clients = new Map<string, string>()
  /** In the order in which they came. */
  readonly #numbers = new Map<string, number>()
  /** By client and channel. */
  readonly #stays = new Map<string, Stay>()
  /** By connection and channel. */
  readonly #of = new Map<string, Stay>()

  constructor(now: () => number) {
    this.#now = now
  }

  accepted(connection: string, client: string): void {
    this.#clients.set(connection, client)
    this.#numbers.set(connection, this.#numbers.size)
  }

  granted(connection: string, channel: string): void {
    const place = this.#place(connection, channel)
    const now = this.#now()
    let stay = this.#stays.get(place)
    // A connection that the client has given up may be let in late: that changes nothing.
    if (stay && this.#numberOf(connection) < this.#numberOf(stay.connection)) return
    const isGap = stay?.lostAt !== undefined && now - stay.lostAt > GRACE_MS
    if (!stay || isGap || (!stay.heard && stay.connection !== connection)) {
      stay = { since: now, at: now, lostAt: undefined, connection, heard: false }
      this.#stays.set(place, stay)
    }
    stay.lostAt = undefined
    stay.at = now
    stay.connection = connection
    this.#of.set(`${connection} ${channel}`, stay)
  }

  heard(connection: string, channel: string): void {
    const stay = this.#of.get(`${connection} ${channel}`)
    if (stay?.connection === connection) stay.heard = true
  }

  /** The server knows that the connection is lost, or has put it off the channel until it comes back. */
  lost(connection: string, channel: string): void {
    const stay = this.#stays.get(this.#place(connection, channel))
    if (stay?.connection === connection) stay.lostAt ??= this.#now()
  }

  /** The server has died with the connection. */
  died(connection: string, channel: string): void {
    const place = this.#place(connection, channel)
    const stay = this.#stays.get(place)
    if (stay && this.#now() - stay.at < STORED_MS) this.#stays.delete(place)
    else this.lost(connection, channel)
  }

  /** Has left, and others are to be told. */
  left(connection: string, channel: string): void {
    this.#stays.delete(this.#place(connection, channel))
  }

  /** All of a client, whatever becomes of its connections. */
  gone(client: string): void {
    for (const place of this.#stays.keys()) {
      if (place.startsWith(`${client} `)) this.#stays.delete(place)
    }
  }

  /** Nobody knows any more who is there. */
  clear(): void {
    this.#stays.clear()
  }

  /** Whether others have known for a while that whoever has this key is there. */
  stays(key: string, channel: string): boolean {
    const [connection = ''] = key.split('~')
    const stay = this.#stays.get(this.#place(connection, channel))
    const now = this.#now()
    if (!stay || stay.since > now - TOLD_MS) return false
    if (this.#of.get(`${connection} ${channel}`) !== stay) return false
    return stay.lostAt === undefined || now - stay.lostAt < GRACE_MS
  }

  #numberOf(connection: string): number {
    return this.#numbers.get(connection) ?? -1
  }

  #place(connection: string, channel: string): string {
    return `${this.#clients.get(connection)} ${channel}`
  }
}

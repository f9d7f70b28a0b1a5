import type { Frame } from './attempt.ts'
import type { Plug } from './call.ts'
import { Channel } from './channel.ts'
import { Emitter } from './emitter.ts'
import { type JoinOptions, Membership } from './membership.ts'
import type { Socket } from './socket.ts'
import { type Position, isPosition } from './subscription.ts'

/** Most channels that a server may put us on. */
const MAX_PUT = 1024

interface Entry {
  readonly membership: Membership
  readonly channel: Channel
}

/** The channels of a socket. */
export class Channels implements Plug {
  readonly #socket: Socket
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Emitter()

  /** One for a socket. */
  constructor(socket: Socket) {
    this.#socket = socket
    // Before requests that wait.
    socket.call.plugs.unshift(this)
  }

  /**
   * The channel of that address, joined as long as it is not left; always the same one.
   *
   * @throws {TypeError} if `since` is no position
   */
  join(address: string, options: JoinOptions = {}): Channel {
    const { since } = options
    if (since !== undefined && !isPosition(since)) {
      throw new TypeError(
        `Cannot go on from ${JSON.stringify(since)}: give the position of a channel`,
      )
    }
    const known = this.#entries.get(address)
    if (known) return known.channel
    const { membership, channel } = this.#make(address, options)
    membership.join()
    return channel
  }

  /** Where one is on each channel with history: each is good as `since` after the reload of a page. */
  positions(): Record<string, Position> {
    const positions: Record<string, Position> = {}
    for (const [address, { channel }] of this.#entries) {
      if (channel.position) positions[address] = channel.position
    }
    return positions
  }

  /** Hears of a channel on which the server puts us by itself, before anything comes from it. */
  onPut(listener: (channel: Channel) => void): () => void {
    return this.#listeners.on('put', listener)
  }

  opened(): void {
    for (const { membership } of this.#entries.values()) membership.join()
  }

  heard(frame: Frame): boolean {
    const { type, channel: address, data } = frame
    if (typeof address !== 'string') return false
    const membership = this.#entries.get(address)?.membership
    if (type !== '$joined') membership?.heard(frame)
    else if (membership) membership.joined(data)
    else if (this.#entries.size < MAX_PUT) {
      const { membership, channel } = this.#make(address, {})
      this.#listeners.emit('put', channel)
      if (membership.status !== 'left') membership.joined(data)
    }
    return true
  }

  lost(code: number): void {
    // What was kept on the other side is of another version.
    for (const { membership } of this.#entries.values()) membership.lost(code === 4210)
  }

  #make(address: string, options: JoinOptions): Entry {
    const socket = this.#socket
    const membership = new Membership(socket, address, options, () => this.#entries.delete(address))
    const channel = new Channel(membership, () => this.#leave(membership))
    const entry = { membership, channel }
    this.#entries.set(address, entry)
    return entry
  }

  #leave(membership: Membership): Promise<void> {
    const { call, requests } = this.#socket
    if (membership.status === 'left') return Promise.resolve()
    membership.left()
    if (!call.line) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => resolve()
      const frame = { type: '$leave', channel: membership.address }
      requests.ask(frame, { timeoutMs: 10_000 }, { done })
    })
  }
}

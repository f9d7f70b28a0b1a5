import type { Channel, JoinOptions } from './channel.ts'
import { type Membership, membership } from './membership.ts'
import type { Socket } from './socket.ts'
import { type Position, isPosition } from './subscription.ts'

/** Most channels that a server may put us on: with each connection all are asked for, and requests want room. */
const MAX_PUT = 512

/** The channels of a socket. */
export interface Channels {
  /**
   * The channel of that address, joined as long as it is not left; always the same one.
   *
   * @throws {TypeError} if `since` is no position
   */
  join(address: string, options?: JoinOptions): Channel
  /** Where one is on each channel, if it has history: each is good as `since` after the reload of a page. */
  positions(): Record<string, Position | undefined>
  /** Hears of a channel on which the server puts us by itself, before anything comes from it. */
  onPut(listener: (channel: Channel) => void): () => void
}

/**
 * The channels of a socket: always the same for the same one.
 *
 * @example
 * ```ts
 * import { channels, connect } from 'denwa/client'
 *
 * export function follow(show: (text: string) => void, load: () => void): () => Promise<void> {
 *   const room = channels(connect('wss://example.com/chat')).join('room/42')
 *   room.on('said', ({ text }) => show(text))
 *   room.onReset(load)
 *   return () => room.leave()
 * }
 * ```
 */
export function channels(socket: Socket): Channels {
  return (socket.channels ??= make(socket))
}

function make(socket: Socket): Channels {
  const all = new Map<string, Membership>()
  const add = (address: string, options: JoinOptions): Membership => {
    const made = membership(socket, address, options, () => all.delete(address))
    all.set(address, made)
    return made
  }
  // Before requests that wait.
  socket.plugs.unshift({
    opened() {
      for (const { join } of all.values()) join()
    },
    heard(frame) {
      const { type, channel: address } = frame
      if (typeof address !== 'string') return false
      const isNew = type === '$joined' && !all.has(address)
      if (isNew && all.size < MAX_PUT) socket.emit('$put', add(address, {}))
      all.get(address)?.heard(frame)
      return true
    },
    lost(code) {
      for (const { lost } of all.values()) lost(code)
    },
  })
  return {
    join(address, options = {}) {
      const { since } = options
      if (since !== undefined && !isPosition(since)) throw new TypeError('since is no position')
      let found = all.get(address)
      if (!found) (found = add(address, options)).join()
      return found
    },
    positions: () =>
      Object.fromEntries([...all].map(([address, { position }]) => [address, position])),
    onPut: (listener) => socket.on('$put', listener),
  }
}

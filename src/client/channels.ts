import type { Channel, JoinOptions } from './channel.ts'
import { emitter } from './emitter.ts'
import { type Membership, membership } from './membership.ts'
import type { Socket } from './socket.ts'
import { type Position, isPosition } from './subscription.ts'

/** Most channels that a server may put us on: with each connection all are asked for, and requests want room. */
const MAX_PUT = 512

/** The channels of a socket. */
export class Channels {
  /**
   * The channel of that address, joined as long as it is not left; always the same one.
   *
   * @throws {TypeError} if `since` is no position
   */
  declare readonly join: (address: string, options?: JoinOptions) => Channel
  /** Where one is on each channel, if it has history: each is good as `since` after the reload of a page. */
  declare readonly positions: () => Record<string, Position | undefined>
  /** Hears of a channel on which the server puts us by itself, before anything comes from it. */
  declare readonly onPut: (listener: (channel: Channel) => void) => () => void

  /** One for a socket. */
  constructor(socket: Socket) {
    const all = new Map<string, Membership>()
    const { on, emit } = emitter()
    const add = (address: string, options: JoinOptions): Membership => {
      const made = membership(socket, address, options, () => all.delete(address))
      all.set(address, made)
      return made
    }

    this.join = (address, options = {}) => {
      const { since } = options
      if (since !== undefined && !isPosition(since)) throw new TypeError('since is no position')
      let found = all.get(address)
      if (!found) (found = add(address, options)).join()
      return found
    }
    this.positions = () =>
      Object.fromEntries([...all].map(([address, { position }]) => [address, position]))
    this.onPut = (listener) => on('put', listener)

    // Before requests that wait.
    socket.plugs.unshift({
      opened() {
        for (const { join } of all.values()) join()
      },
      heard(frame) {
        const { type, channel: address } = frame
        if (typeof address !== 'string') return false
        const isNew = type === '$joined' && !all.has(address)
        if (isNew && all.size < MAX_PUT) emit('put', add(address, {}))
        all.get(address)?.heard(frame)
        return true
      },
      lost(code) {
        for (const { lost } of all.values()) lost(code)
      },
    })
  }
}

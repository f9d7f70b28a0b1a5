import { address } from './address.ts'
import type { Channel, JoinOptions } from './channel.ts'
import { type Channels, channels } from './channels.ts'
import type { RequestOptions } from './requests.ts'
import { Socket } from './socket.ts'
import { type Reply, reply } from './streams.ts'

/** A socket with all there is on it: streams, and channels by their names. */
export class Room extends Socket {
  override channels: Channels = channels(this)

  override request(type: string, data?: unknown, options?: RequestOptions): Reply {
    return reply(this, type, data, options)
  }

  channel(name: string, params: Readonly<Record<string, string>>, options?: JoinOptions): Channel {
    return this.channels.join(address(name, params), options)
  }

  positions(): ReturnType<Channels['positions']> {
    return this.channels.positions()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

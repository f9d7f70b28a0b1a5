import { contract } from '../../src/contract.ts'
import { type SocketHandler, socket } from '../../src/socket.ts'
import { anything } from '../support/peer.ts'

/** What handlers need of the simulation: it is their environment. */
export interface Stage {
  /** Decides whether a client may join. */
  mayJoin(connection: string, client: string, channel: string): boolean
  /** Takes no time, a few promises, or a while. */
  pause(): Promise<void> | undefined
  /** A request has an effect, and which of all it is; 0: the process is dead. */
  effect(n: number): number
}

/** What is published: a number that comes only once, and something that takes room. */
export interface Said {
  readonly n: number
  readonly pad?: string
}

const def = contract({
  requests: {
    say: { input: anything, output: anything },
    count: { input: anything, item: anything },
  },
  channels: {
    // Little is kept, for a short time.
    'room/:room': {
      events: { said: anything },
      history: { size: 8, maxAgeMs: 60_000 },
      presence: anything,
    },
    'log/:room': { events: { said: anything }, history: { size: 1000, maxAgeMs: 900_000 } },
    'tick/:room': { events: { said: anything } },
  },
})

const join = async (c: any, _: object, channel: string): Promise<boolean> => {
  const stage = c.env as Stage
  await stage.pause()
  return stage.mayJoin(c.id, c.state.client, channel)
}

/** A socket; each has objects of its own. */
export function newPlace(): SocketHandler<any, any> {
  return socket(def, {
    requests: {
      async say(c: any) {
        const stage = c.env as Stage
        const { channel, n, pad } = c.data
        await stage.pause()
        const effect = stage.effect(n)
        if (effect === 0) return undefined
        const [name, room] = channel.split('/')
        await c.channel(`${name}/:room`, { room }).publish('said', { n, ...(pad && { pad }) })
        await stage.pause()
        return { n, effect }
      },
      async *count(c: any) {
        const stage = c.env as Stage
        for (let i = 0; i < c.data; i++) {
          if (i % 16 === 7) await stage.pause()
          yield i
        }
      },
    },
    channels: {
      'room/:room': {
        join: (c: any, { room }: any) => join(c, {}, `room/${room}`),
        presence: (c: any) => ({ client: c.state.client }),
      },
      // At once, where nothing has to be awaited.
      'log/:room': {
        join: (c: any, { room }: any) =>
          (c.env as Stage).mayJoin(c.id, c.state.client, `log/${room}`),
      },
      'tick/:room': { join: (c: any, { room }: any) => join(c, {}, `tick/${room}`) },
    },
  } as never)
}

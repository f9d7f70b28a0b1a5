import { type Thin, dialThin } from '../../support/thin.ts'

type Position = readonly [epoch: string, offset: number]

interface Said {
  readonly offset: number
  readonly data: string
}

/** A client of the log, over all of its connections: everything it has heard, in order. */
export class Follower {
  readonly heard: Said[] = []
  /** How many of them it had missed and was told later. */
  recovered = 0
  /** What should not have been. */
  readonly wrongs: string[] = []
  readonly #options: { target: string; protocols: string[] }
  #position: Position | undefined
  #socket: Thin | undefined

  constructor(protocols: string[]) {
    this.#options = { target: '/socket', protocols }
  }

  /** Connects, and joins with the position it has. */
  async join(url: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const hear = (text: string): void => {
        for (const frame of [JSON.parse(text)].flat()) {
          if (frame.id === 1) {
            this.#joined(frame)
            resolve()
          } else if (frame.channel === 'log' && frame.offset) this.#said(frame)
          else if (frame.type !== '$welcome') this.wrongs.push(text)
        }
      }
      dialThin(url, this.#options, hear).then((socket) => {
        this.#socket = socket
        socket.send({ type: '$join', id: 1, channel: 'log', since: this.#position })
        return socket.ended.then(() => reject(new Error('cut before it had joined')))
      }, reject)
    })
  }

  /** Goes, and keeps its position. */
  leave(): void {
    this.#socket?.destroy()
  }

  /** When its connection has ended. */
  async cut(): Promise<void> {
    await this.#socket?.ended
  }

  #joined({ data, error }: any): void {
    const { position, recovered, publications = [] } = data ?? {}
    if (this.#position) {
      if (recovered !== true) this.wrongs.push(JSON.stringify(data ?? error))
      if (position?.[0] !== this.#position[0]) this.wrongs.push(`epoch ${position?.[0]}`)
      this.recovered += publications.length
      for (const each of publications) this.#said(each)
      if (position?.[1] !== this.#position[1]) this.wrongs.push(`not all up to ${position?.[1]}`)
    } else this.#position = position
  }

  #said({ offset, data }: Said): void {
    const [epoch, last] = this.#position!
    if (offset !== last + 1) this.wrongs.push(`${offset} after ${last}`)
    this.#position = [epoch, offset]
    this.heard.push({ offset, data })
  }
}

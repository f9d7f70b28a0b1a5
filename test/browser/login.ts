/** How a browser sees a socket: what it was told, and how it ended. */
export interface Seen {
  protocol: string
  frames: { type?: string; id?: number; data?: any }[]
  /** `undefined` if it was open until the wanted frame came. */
  closed?: { code: number; reason: string; wasClean: boolean }
}

export interface Login {
  path: string
  protocols?: string[]
  /** Sent once the socket is open. */
  say?: object[]
  /** The id of the reply after which enough has been seen. @default none, until it is closed */
  until?: number
}

/** Runs in the page. */
export function login({ path, protocols = [], say = [], until }: Login): Promise<Seen> {
  return new Promise((resolve) => {
    const frames: Seen['frames'] = []
    const socket = new WebSocket(path, protocols)
    socket.onopen = () => say.forEach((frame) => socket.send(JSON.stringify(frame)))
    socket.onmessage = ({ data }) => {
      frames.push(...[JSON.parse(data)].flat())
      if (until === undefined || !frames.some(({ id }) => id === until)) return
      resolve({ protocol: socket.protocol, frames })
      socket.close()
    }
    socket.onclose = ({ code, reason, wasClean }) =>
      resolve({ protocol: socket.protocol, frames, closed: { code, reason, wasClean } })
  })
}

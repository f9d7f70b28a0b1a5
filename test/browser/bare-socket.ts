export interface Frame {
  type?: string
  id?: number
  data?: unknown
}

export interface Heard {
  protocol: string
  messages: (Frame | Frame[])[]
}

/** Runs in the page: what anybody writes first, with no library and no subprotocol. */
export function bareSocket(path: string): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const messages: Frame[] = []
    const socket = new WebSocket(path)
    const send = (frame: object): void => socket.send(JSON.stringify(frame))
    socket.onopen = () => {
      send({ type: '$join', id: 1, channel: 'room/bare' })
      send({ type: 'say', id: 2, data: { text: 'one' } })
      send({ type: 'typing', data: true })
      send({ type: 'say', id: 3, data: { text: 'two' } })
    }
    socket.onmessage = (event) => {
      messages.push(JSON.parse(event.data))
      const isTold = messages.some((frame) => JSON.stringify(frame).includes('"typing":true'))
      if (isTold && messages.some(({ id }) => id === 3)) socket.close()
    }
    socket.onclose = ({ wasClean }) =>
      wasClean
        ? resolve({ protocol: socket.protocol, messages })
        : reject(new Error(`Lost after ${JSON.stringify(messages)}`))
  })
}

/** The browser's own WebSocket, kept open: frames as JSON, replies by id, a heartbeat, back-off. */
export const socketScript: string = String.raw`
const beatMs = 25000
const patienceMs = 10000
const steadyMs = 5000

const between = (from, to) => from + Math.random() * (to - from)
// Codes 40xx and 45xx mean: do not come back.
const isFinal = (code) => (code >= 4000 && code < 4100) || (code >= 4500 && code < 5000)

export function connect(url, { onFrame, onStatus, onWire }) {
  let socket
  let waiting = new Map()
  let lastId = 0
  let failures = 0
  let bye
  let ended = false
  let retry, heartbeat, deadline, steady

  function open() {
    onStatus('connecting')
    // Events of a socket that has been replaced count for nothing.
    const mine = (socket = new WebSocket(url(), 'denwa.v1.json'))
    mine.onopen = () => {
      if (socket !== mine) return mine.close()
      steady = setTimeout(() => (failures = 0), steadyMs)
      heartbeat = setInterval(ping, beatMs)
      onStatus('open')
    }
    mine.onmessage = ({ data }) => {
      if (socket !== mine) return
      clearTimeout(deadline)
      onWire('in', data)
      if (data === 'pong') return
      // A WebSocket message carries one frame, or an array of them.
      for (const frame of [JSON.parse(data)].flat()) receive(frame)
    }
    mine.onclose = ({ code }) => {
      if (socket === mine) lost(code)
    }
  }

  function receive(frame) {
    if (frame.type === '$bye') bye = frame
    else if (frame.type) onFrame(frame)
    else settle(frame)
  }

  function settle({ id, data, error }) {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error) asked?.reject(new Error(error.message))
    else asked?.resolve(data)
  }

  function ping() {
    write('ping')
    clearTimeout(deadline)
    deadline = setTimeout(() => lost(4201), patienceMs)
  }

  function lost(code) {
    drop()
    const last = bye
    bye = undefined
    ended = isFinal(code) || last?.retry === false
    if (ended) return onStatus('closed')
    const spread = Math.min(20000, 500 * 2 ** failures++)
    const waitMs = last ? between(...last.retry) : Math.min(20000, 500 + Math.random() * spread)
    onStatus('waiting', waitMs)
    retry = setTimeout(open, waitMs)
  }

  function drop() {
    for (const timer of [retry, heartbeat, deadline, steady]) clearTimeout(timer)
    for (const { reject } of waiting.values()) reject(new Error('The connection was lost'))
    waiting = new Map()
    const old = socket
    socket = undefined
    old?.close()
  }

  function reopen() {
    drop()
    open()
  }

  function comeBack() {
    if (!socket && !ended && !document.hidden) reopen()
  }

  function write(text) {
    if (socket?.readyState !== WebSocket.OPEN) return false
    socket.send(text)
    onWire('out', text)
    return true
  }

  addEventListener('online', comeBack)
  document.addEventListener('visibilitychange', comeBack)
  open()

  return {
    reopen,
    send: (type, data) => write(JSON.stringify({ type, data })),
    request: (type, data) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        if (!write(JSON.stringify({ type, id, data }))) return reject(new Error('Not connected'))
        waiting.set(id, { resolve, reject })
        setTimeout(() => waiting.delete(id) && reject(new Error('No answer')), patienceMs)
      }),
  }
}
`

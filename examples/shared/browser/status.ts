import type { ClientSocket, Status, Why } from 'denwa/client'
import { $, el } from './dom.ts'

type Connection = Pick<ClientSocket<{}>, 'status' | 'onStatus'>

const texts: Readonly<Record<Status, string>> = {
  connecting: 'Connecting\u2026',
  open: 'Live',
  waiting: 'Offline',
  closed: 'Closed',
}

/** Shows how a connection is doing, in `#status` and as `data-status` of the body. */
export function showStatus(socket: Connection): void {
  // A screen reader is told that one is offline, and not of every second.
  const text = el('span')
  const countdown = el('span', { 'aria-hidden': 'true' })
  $('status').replaceChildren(text, countdown)
  let ticking: ReturnType<typeof setInterval> | undefined

  const show = (status: Status, why?: Why): void => {
    const back = Date.now() + (why?.retryAfterMs ?? 0)
    const tell = (): void => {
      const seconds = Math.ceil((back - Date.now()) / 1000)
      const isCounting = status === 'waiting' && seconds > 0
      countdown.textContent = isCounting ? `, back in ${seconds} s` : ''
    }
    clearInterval(ticking)
    if (status === 'waiting') ticking = setInterval(tell, 250)
    text.textContent = texts[status]
    document.body.dataset['status'] = status
    tell()
  }
  show(socket.status)
  socket.onStatus(show)
}

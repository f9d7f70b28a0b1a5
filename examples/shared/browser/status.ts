import type { ClientSocket, Status, Why } from 'denwa/client'
import { $ } from './dom.ts'

type Connection = Pick<ClientSocket<{}>, 'status' | 'onStatus'>

const texts: Readonly<Record<Status, string>> = {
  connecting: 'Connecting\u2026',
  open: 'Live',
  waiting: 'Offline',
  closed: 'Closed',
}

/** Shows how a connection is doing, in `#status` and as `data-status` of the body. */
export function showStatus(socket: Connection): void {
  const pill = $('status')
  let countdown: ReturnType<typeof setInterval> | undefined

  const show = (status: Status, why?: Why): void => {
    const back = Date.now() + (why?.retryAfterMs ?? 0)
    const tell = (): void => {
      const seconds = Math.ceil((back - Date.now()) / 1000)
      const when = status === 'waiting' && seconds > 0 ? `, back in ${seconds} s` : ''
      pill.textContent = texts[status] + when
    }
    clearInterval(countdown)
    if (status === 'waiting') countdown = setInterval(tell, 250)
    document.body.dataset['status'] = status
    tell()
  }
  show(socket.status)
  socket.onStatus(show)
}

import { el } from '../../../shared/browser/dom.ts'
import type { Connection } from './connection.ts'

/** Tells, after a time without a connection, how long that was and how much was said; or that some of it is lost. */
export function away(
  { socket, channel }: Connection,
  draw: (text: string) => HTMLElement,
): { missed(): boolean } {
  let since: number | undefined
  /** While what was missed is told. */
  let telling: { line: HTMLElement; count: number; isLost: boolean } | undefined

  socket.onStatus((status) => {
    if (status === 'waiting' && channel.position) since ??= performance.now()
  })
  channel.onStatus((status) => {
    if (status !== 'joined' || since === undefined) return
    const back = `Back after ${duration(performance.now() - since)}`
    since = undefined
    telling = { line: draw(back), count: 0, isLost: false }
    // What was missed is told at once.
    queueMicrotask(() => {
      const { line, count, isLost } = telling!
      telling = undefined
      line.firstElementChild!.textContent = `${back} \u00b7 ${isLost ? 'some messages are lost' : counted(count)}`
      line.dataset['missed'] = `${count}`
      if (isLost) line.append(load())
    })
  })
  channel.onReset(() => {
    if (telling) telling.isLost = true
    else draw('Some messages are lost').append(load())
  })
  return {
    missed() {
      if (telling) telling.count++
      return telling !== undefined
    },
  }
}

function load(): HTMLElement {
  const button = el('button', { type: 'button' }, 'Load again')
  button.addEventListener('click', () => location.reload())
  return button
}

function counted(count: number): string {
  if (count === 0) return 'you missed nothing'
  return `${count} ${count === 1 ? 'message' : 'messages'} meanwhile`
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

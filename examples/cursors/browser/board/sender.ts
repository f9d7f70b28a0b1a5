import type { Point } from '../../board-size.ts'
import type { Line } from './line.ts'

const EVERY_MS = 33

/**
 * Says where a pointer is: at once, then every so often, and in the end where it stopped. What is said while
 * there is no connection does not queue: the next one is told where the pointer is by then.
 */
export function sender({ socket }: Pick<Line, 'socket'>): (at: Point) => void {
  let newest: Point | undefined
  let isSaid = true
  let timer: ReturnType<typeof setTimeout> | undefined
  const say = (): void => {
    timer = undefined
    if (!newest || isSaid || socket.status !== 'open') return
    socket.send('move', newest)
    isSaid = true
    timer = setTimeout(say, EVERY_MS)
  }
  socket.onStatus((status) => {
    if (status !== 'open') return
    isSaid = false
    if (!timer) say()
  })
  return (at) => {
    newest = at
    isSaid = false
    if (!timer) say()
  }
}

import { type Point, SIDE } from '../../board-size.ts'

export interface Moves {
  /** `drawn`: the system shows no pointer there, so that the page has to. */
  move(at: Point, drawn: boolean): void
  click(at: Point): void
}

const steps: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}
const STEP = SIDE / 50

const within = (length: number): number => Math.round(Math.min(Math.max(length, 0), SIDE))

/** A mouse, a pen, fingers or the arrow keys on a board. */
export function listen(board: HTMLElement, { move, click }: Moves): void {
  let last: Point = [SIDE / 2, SIDE / 2]
  const at = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = board.getBoundingClientRect()
    return (last = [
      within(((clientX - left) / width) * SIDE),
      within(((clientY - top) / height) * SIDE),
    ])
  }
  // Of several fingers the first leads.
  board.addEventListener('pointermove', (event) => {
    if (event.isPrimary) move(at(event), event.pointerType === 'touch')
  })
  board.addEventListener('pointerdown', (event) => {
    if ((event.target as Element).closest('button')) return
    const point = at(event)
    if (event.isPrimary) move(point, event.pointerType === 'touch')
    click(point)
  })
  board.addEventListener('keydown', (event) => {
    if (event.target !== board || event.ctrlKey || event.metaKey || event.altKey) return
    const step = steps[event.key]
    if (step) {
      last = [within(last[0] + step[0] * STEP), within(last[1] + step[1] * STEP)]
      move(last, true)
    } else if (event.key === 'Enter' || event.key === ' ') click(last)
    else return
    event.preventDefault()
  })
}

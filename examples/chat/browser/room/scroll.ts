import { $ } from '../../../shared/browser/dom.ts'

export interface Scroll {
  /** Something is about to be put at the end: whether one has scrolled, the browser tells late. */
  look(): void
  /** Something new is at the end. */
  grew(): void
  toEnd(): void
}

/** Who reads the end stays there; who reads further up is told what is new below. */
export function scroll(): Scroll {
  const scroller = $('scroller')
  const newer = $('newer')
  let atEnd = true
  let below = 0
  let top = 0

  const show = (count: number): void => {
    below = count
    newer.hidden = count === 0
    newer.querySelector('span')!.textContent =
      `${count} new ${count === 1 ? 'message' : 'messages'}`
  }
  const toEnd = (): void => {
    atEnd = true
    scroller.scrollTop = scroller.scrollHeight
    top = scroller.scrollTop
    show(0)
  }
  const look = (): void => {
    if (scroller.scrollTop === top) return
    top = scroller.scrollTop
    atEnd = scroller.scrollHeight - top - scroller.clientHeight < 60
    if (atEnd) show(0)
  }
  // New words, a smaller window, a phone's keyboard.
  const sizes = new ResizeObserver(() => atEnd && toEnd())
  for (const element of [$('log'), $('unsent'), scroller]) sizes.observe(element)
  scroller.addEventListener('scroll', look)
  newer.addEventListener('click', toEnd)
  return { look, grew: () => atEnd || show(below + 1), toEnd }
}

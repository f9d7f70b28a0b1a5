import { $ } from '../../../shared/browser/dom.ts'

export interface Scroll {
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
  /** As it was when it was looked at. */
  let height = 0

  const show = (count: number): void => {
    below = count
    newer.hidden = count === 0
    newer.querySelector('span')!.textContent =
      `${count} new ${count === 1 ? 'message' : 'messages'}`
  }
  const heights = (): number => scroller.scrollHeight - scroller.clientHeight
  const toEnd = (): void => {
    atEnd = true
    scroller.scrollTop = scroller.scrollHeight
    height = heights()
    show(0)
  }
  // New words, a smaller window, a phone's keyboard.
  const sizes = new ResizeObserver(() => atEnd && toEnd())
  for (const element of [$('log'), $('unsent'), scroller]) sizes.observe(element)
  scroller.addEventListener('scroll', () => {
    const isMoved = height !== heights()
    height = heights()
    // What has grown moves by itself, and nobody has scrolled.
    if (isMoved && atEnd) return
    atEnd = height - scroller.scrollTop < 60
    if (atEnd) show(0)
  })
  newer.addEventListener('click', toEnd)
  return { grew: () => atEnd || show(below + 1), toEnd }
}

import { $, el } from '../../../shared/browser/dom.ts'
import { type Point, SIDE } from '../../board-size.ts'

export interface Person {
  readonly name: string
  readonly hue: number
}

interface Pointer {
  readonly element: HTMLElement
  /** Where it is drawn. */
  shown: Point | undefined
  /** Where it was last said to be. */
  at: Point
  since: number
}

/** Who has not moved for so long fades. */
const IDLE_MS = 4_000
/** A pointer goes two thirds of its way in this time. */
const GLIDE_MS = 45

export interface Pointers {
  /** Somebody came, or is called otherwise. */
  put(id: string, person: Person): void
  remove(id: string): void
  move(id: string, at: Point): void
  ripple(at: Point, hue: number): void
}

export function pointers(board: HTMLElement): Pointers {
  const all = new Map<string, Pointer>()
  const template = $<HTMLTemplateElement>('pointer').content.firstElementChild!
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)')
  let size = { width: 1, height: 1 }
  new ResizeObserver(([entry]) => (size = entry!.contentRect)).observe(board)

  const make = (): Pointer => {
    const element = template.cloneNode(true) as HTMLElement
    element.hidden = true
    $('pointers').append(element)
    return { element, shown: undefined, at: [0, 0], since: 0 }
  }
  const place = (pointer: Pointer, now: number, part: number): void => {
    const { element, at } = pointer
    if (element.hidden) return
    const from = pointer.shown ?? at
    const shown: Point = [from[0] + (at[0] - from[0]) * part, from[1] + (at[1] - from[1]) * part]
    pointer.shown = shown
    const left = (shown[0] / SIDE) * size.width
    const top = (shown[1] / SIDE) * size.height
    element.style.transform = `translate3d(${left.toFixed(1)}px, ${top.toFixed(1)}px, 0)`
    element.classList.toggle('flipped', left > size.width - 150)
    element.classList.toggle('idle', now - pointer.since > IDLE_MS)
  }
  let before = 0
  const frame = (now: number): void => {
    const part = isCalm.matches ? 1 : 1 - Math.exp((before - now) / GLIDE_MS)
    before = now
    for (const pointer of all.values()) place(pointer, now, part)
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)

  return {
    put(id, { name, hue }) {
      const pointer = all.get(id) ?? make()
      all.set(id, pointer)
      pointer.element.style.setProperty('--hue', `${hue}`)
      pointer.element.querySelector('span')!.textContent = name
    },
    remove(id) {
      all.get(id)?.element.remove()
      all.delete(id)
    },
    move(id, at) {
      const pointer = all.get(id)
      if (!pointer || (pointer.at[0] === at[0] && pointer.at[1] === at[1])) return
      pointer.at = at
      pointer.since = performance.now()
      pointer.element.hidden = false
    },
    ripple(at, hue) {
      const ripple = el('i', { class: 'ripple' })
      ripple.style.left = `${(at[0] / SIDE) * 100}%`
      ripple.style.top = `${(at[1] / SIDE) * 100}%`
      ripple.style.setProperty('--hue', `${hue}`)
      $('ripples').append(ripple)
      setTimeout(() => ripple.remove(), 900)
    },
  }
}

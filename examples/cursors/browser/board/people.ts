import { $, el } from '../../../shared/browser/dom.ts'
import type { Person } from './pointers.ts'

const MOST = 5

/** Some of those who are here, and how many there are. */
export function showPeople(people: readonly Person[], count: number): void {
  $('count').textContent = `${count} here`
  $('faces').replaceChildren(
    ...people.slice(0, MOST).map(({ name, hue }) => {
      const face = el('i', {}, Array.from(name)[0] ?? '')
      face.style.setProperty('--hue', `${hue}`)
      return face
    }),
  )
}

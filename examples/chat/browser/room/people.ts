import { $, el } from '../../../shared/browser/dom.ts'
import type { Channel } from './connection.ts'
import { avatar } from './view.ts'

const facesMax = 3

/** Who is here, who types, and who came and went. */
export function people(
  { presence }: Channel,
  name: string,
  note: (text: string) => void,
  rename: () => void,
): void {
  /** One's own keys: after a long time away one is somebody else. */
  const own = new Set<string>()
  let isKnown = false

  presence.on('join', (person, key) => {
    if (isKnown && key !== presence.self) note(`${person.name} came in`)
  })
  presence.on('leave', (person, key) => {
    if (!own.has(key)) note(`${person.name} left`)
  })
  presence.on('sync', () => {
    isKnown = true
    if (presence.self) own.add(presence.self)
    show()
  })

  function show(): void {
    const others = [...presence.members]
      .filter(([key]) => key !== presence.self)
      .map(([, person]) => person)
      .toSorted((a, b) => a.name.localeCompare(b.name))
    const names = [name, ...others.map((person) => person.name)]
    // Oneself is told of a moment later.
    const count = Math.max(presence.count, names.length)
    $('number').textContent = $('count').textContent = `${count}`
    $('here').setAttribute('aria-label', `Who is here: ${count}`)
    $('faces').replaceChildren(...names.slice(0, facesMax).map(avatar))
    const rows = others.map((person) => row(person.name, person.typing ? 'typing\u2026' : ''))
    $('people').replaceChildren(you, ...rows)
    if (count > names.length) {
      $('people').append(el('li', { class: 'more' }, `and ${count - names.length} more`))
    }
    typing(others.filter((person) => person.typing).map((person) => person.name))
  }

  const change = $('change')
  change.addEventListener('click', rename)
  const you = row(name, 'you')
  you.append(change)
  show()
}

function row(name: string, more: string): HTMLElement {
  const text = el('span', { class: 'who' }, el('b', {}, name), more && el('small', {}, more))
  return el('li', {}, avatar(name), text)
}

function typing(names: readonly string[]): void {
  $('typing').classList.toggle('shown', names.length > 0)
  const [first, second, ...more] = names
  if (!first) return
  $('typists').textContent =
    more.length > 0
      ? 'Several people are typing'
      : second
        ? `${first} and ${second} are typing`
        : `${first} is typing`
}

/** What a room looks like: elements from data. */
import { el } from '../../../shared/browser/dom.ts'
import type { Message } from '../../contract.ts'

export interface Bubble {
  readonly element: HTMLElement
  readonly receipt: HTMLElement
  readonly time: HTMLTimeElement
}

export function message({ from, text, at }: Omit<Message, 'id' | 'by'>, mine: boolean): Bubble {
  const when = time(at)
  const who = tinted(el('b', {}, mine ? 'You' : from), from)
  const receipt = el('footer', { class: 'receipt' })
  const said = el('div', {}, el('header', {}, who, when), bubble(text), receipt)
  const element = el('article', { class: mine ? 'message mine' : 'message' }, avatar(from), said)
  return { element, receipt, time: when }
}

const address = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/
const emojiOnly = /^(\p{Extended_Pictographic}\uFE0F?\s?){1,4}$/u

function bubble(text: string): HTMLElement {
  // split() with a group: every second piece is an address.
  const pieces = text
    .split(address)
    .map((piece, at) =>
      at % 2
        ? el('a', { href: piece, target: '_blank', rel: 'noopener noreferrer nofollow' }, piece)
        : piece,
    )
  return el('p', { class: emojiOnly.test(text) ? 'bubble emoji' : 'bubble' }, ...pieces)
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

export function time(at: number): HTMLTimeElement {
  return setTime(el('time'), at)
}

export function setTime(element: HTMLTimeElement, at: number): HTMLTimeElement {
  element.dateTime = new Date(at).toISOString()
  element.textContent = clock.format(at)
  return element
}

/** Who came, who left. */
export function note(text: string): HTMLElement {
  return el('p', { class: 'note' }, el('span', {}, text), time(Date.now()))
}

/** A line across the conversation. */
export function divider(text: string): HTMLElement {
  return el('p', { class: 'divider' }, el('span', {}, text))
}

const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })

export function dayOf(at: number): string {
  const daysAgo = (days: number): string => day.format(Date.now() - days * 86_400_000)
  const text = day.format(at)
  return text === daysAgo(0) ? 'Today' : text === daysAgo(1) ? 'Yesterday' : text
}

export function avatar(name: string): HTMLElement {
  const initials = name
    .split(' ')
    .slice(0, 2)
    .map((word) => Array.from(word)[0] ?? '')
  const text = initials.join('').toUpperCase()
  return tinted(el('span', { class: 'avatar', 'aria-hidden': 'true' }, text), name)
}

/** A name has a colour. */
function tinted<E extends HTMLElement>(element: E, name: string): E {
  let hash = 0
  for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x9e3779b1)
  element.style.setProperty('--hue', `${((hash >>> 20) % 12) * 30 + 15}`)
  return element
}

/** What a room looks like: elements from data. Whatever people typed goes through textContent. */
export const viewScript: string = String.raw`
export const $ = (id) => document.getElementById(id)

export function el(tag, { className, hue, ...attributes } = {}, ...children) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (hue !== undefined) element.style.setProperty('--hue', hue)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

export function hueOf(name) {
  let hash = 0
  for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0), 0x9e3779b1)
  return (hash >>> 20) % 360
}

const initialsOf = (name) =>
  name.split(' ').slice(0, 2).map((word) => [...word][0] ?? '').join('').toUpperCase()

export const avatar = (name) =>
  el('span', { className: 'avatar', hue: hueOf(name), 'aria-hidden': 'true' }, initialsOf(name))

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

export const time = (at) =>
  el('time', { datetime: new Date(at).toISOString() }, clock.format(at))

const address = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/
const emojiOnly = /^(\p{Extended_Pictographic}\uFE0F?\s?){1,4}$/u

function bubble(text) {
  // split() with a group: every second piece is an address.
  const pieces = text.split(address).map((piece, at) =>
    at % 2 ? el('a', { href: piece, target: '_blank', rel: 'noopener noreferrer nofollow' }, piece) : piece)
  return el('p', { className: emojiOnly.test(text) ? 'bubble emoji' : 'bubble' }, ...pieces)
}

/** A message; "follows" when the same person said the one before. */
export function message({ from, text, at }, { mine, follows }) {
  const className = ['message', mine && 'mine', follows && 'follows'].filter(Boolean).join(' ')
  const head = el('header', {}, el('b', { hue: hueOf(from) }, mine ? 'You' : from), time(at))
  const receipt = el('footer', { className: 'receipt' })
  const element = el('article', { className }, avatar(from), el('div', {}, head, bubble(text), receipt))
  return { element, receipt }
}

/** A frame as it travels, its type in bold. */
export function frame(direction, text) {
  const pieces = text.slice(0, 600).split(/("type":"[^"]*")/).map((piece, at) =>
    at % 2 ? el('b', {}, piece) : piece)
  return el('li', { className: direction }, el('code', {}, ...pieces))
}

export const note = (text) =>
  el('p', { className: 'note' }, el('span', {}, text), time(Date.now()))

export function typists(names) {
  if (names.length === 0) return ''
  if (names.length === 1) return names[0] + ' is typing'
  if (names.length === 2) return names[0] + ' and ' + names[1] + ' are typing'
  return 'Several people are typing'
}

export function toast(text) {
  const box = $('toast')
  box.textContent = text
  box.classList.add('shown')
  clearTimeout(box.timer)
  box.timer = setTimeout(() => box.classList.remove('shown'), 2200)
}

export async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text)
    toast(done)
  } catch {
    prompt('Copy this:', text)
  }
}
`

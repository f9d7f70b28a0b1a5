import { $ } from '../../shared/browser/dom.ts'
import { showStatus } from '../../shared/browser/status.ts'
import { toast } from '../../shared/browser/toast.ts'
import type { Point } from '../board-size.ts'
import { nameOf } from '../../shared/names.ts'
import { bots } from './board/bots.ts'
import { listen } from './board/input.ts'
import { lineTo } from './board/line.ts'
import { showPeople } from './board/people.ts'
import { pointers } from './board/pointers.ts'
import { sender } from './board/sender.ts'

const query = new URLSearchParams(location.search)
const board = document.body.dataset['board']!
const kept = (name: string, otherwise: string): string => {
  const value = sessionStorage.getItem(name) ?? otherwise
  sessionStorage.setItem(name, value)
  return value
}
const hue = Number(kept('hue', `${Math.floor(Math.random() * 360)}`))
const entered = nameOf(query.get('name') ?? kept('name', nameOf(undefined)))
let name = entered
document.body.style.setProperty('--hue', `${hue}`)

const line = lineTo(board, { name, hue })
const { socket, channel } = line
showStatus(socket)

const ME = 'me'
const shown = pointers($('board'))
/** The connection of this page, as others are told of it. */
let self: string | undefined
const hues = new Map<string, number>()
/** The whole board, as it was last told. */
let places: Record<string, Point> = {}
let updates = 0

const place = (): void => {
  for (const [id, at] of Object.entries(places)) shown.move(id, at)
}
const moved = (all: Record<string, Point>): void => {
  updates++
  places = all
  place()
}

channel.presence.on('sync', () => {
  const { presence } = channel
  self = presence.self === undefined ? undefined : presence.members.get(presence.self)?.id
  const people = presence.list()
  const there = new Set(people.map(({ id }) => id))
  for (const id of hues.keys()) {
    if (there.has(id)) continue
    shown.remove(id)
    hues.delete(id)
  }
  for (const person of people) {
    if (person.id === self) continue
    shown.put(person.id, person)
    hues.set(person.id, person.hue)
  }
  // A pointer may be told of before its owner.
  place()
  showPeople(people, presence.count)
})

socket.on('pointers', moved)
channel.on('pointers', moved)
channel.on('clicked', ({ id, at }) => {
  if (id !== self) shown.ripple(at, hues.get(id) ?? hue)
})

const say = sender(line)
listen($('board'), {
  move(at, drawn) {
    say(at)
    if (drawn) {
      shown.put(ME, { name, hue })
      shown.move(ME, at)
    } else shown.remove(ME)
  },
  click(at) {
    shown.ripple(at, hue)
    // A click is of the moment.
    if (socket.status === 'open') socket.send('click', at)
  },
})

const input = $<HTMLInputElement>('name')
input.value = name
const rename = (): void => {
  name = nameOf(input.value)
  input.value = name
  sessionStorage.setItem('name', name)
  if (socket.status === 'open') socket.send('rename', name)
}
input.addEventListener('change', rename)
$('who').addEventListener('submit', (event) => {
  event.preventDefault()
  input.blur()
})
// A connection that comes back has the name with which it was opened first.
socket.onStatus((status) => status === 'open' && name !== entered && rename())

let home: (() => void) | undefined
const call = (count: number): void => {
  home?.()
  home = count > 0 ? bots(board, count) : undefined
  $('bots').setAttribute('aria-pressed', `${count > 0}`)
  $('bots').textContent = count > 0 ? 'Send the bots home' : 'Bring 20 bots'
}
$('bots').addEventListener('click', () => call(home ? 0 : 20))
call(Number(query.get('bots')) || 0)

$('share').addEventListener('click', async () => {
  const url = new URL(location.pathname, location.origin).href
  await navigator.clipboard.writeText(url).then(
    () => toast('The link is copied', 2_500),
    () => toast(url, 2_500),
  )
})

setInterval(() => {
  $('rate').textContent = `${updates}`
  updates = 0
}, 1000)

/** The room: who says what, who types, who comes and goes. */
export const roomScript: string = String.raw`
import { connect } from './socket.js'
import { $, avatar, copy, el, frame, message, note, toast, typists } from './view.js'

const room = document.body.dataset.room
const log = $('log')
const scroller = $('scroller')
const input = $('text')
const ids = new Set()
const typing = new Map()
const shownMax = 500
const wireMax = 40
let name = new URLSearchParams(location.search).get('name') ?? sessionStorage.name
let last = {}
let unread = 0

// The page and its socket share one address.
function address() {
  const url = new URL(location.pathname, location.href.replace(/^http/, 'ws'))
  if (name) url.searchParams.set('name', name)
  return url
}

const on = {
  welcome(me) {
    ids.add(me.id)
    name = sessionStorage.name = me.name
    $('me').replaceChildren(avatar(name), el('span', {}, name))
    $('me').hidden = false
  },
  joined({ who, by }) {
    if (!ids.has(by)) show(note(who + ' came in'))
  },
  left({ who, by }) {
    stopsTyping(by)
    if (!ids.has(by)) show(note(who + ' left'))
  },
  said(words) {
    stopsTyping(words.by)
    if (ids.has(words.by)) return
    showMessage(words, false)
    if (document.hidden) setUnread(unread + 1)
  },
  typing({ who, by, on }) {
    if (ids.has(by)) return
    stopsTyping(by)
    if (on) typing.set(by, { who, timer: setTimeout(stopsTyping, 6000, by) })
    showTyping()
  },
}

function onFrame({ type, data }) {
  if (Object.hasOwn(on, type)) on[type](data)
}

function stopsTyping(by) {
  clearTimeout(typing.get(by)?.timer)
  if (typing.delete(by)) showTyping()
}

function showTyping() {
  const text = typists([...typing.values()].map(({ who }) => who))
  $('typing').classList.toggle('shown', text !== '')
  if (text) $('typists').textContent = text
}

// What is seen

function show(element) {
  $('empty').hidden = true
  log.append(element)
  if (log.childElementCount > shownMax) log.firstElementChild.remove()
  last = {}
  if (!atEnd) $('newer').hidden = false
}

function showMessage(words, mine) {
  const follows = last.from === words.from && last.mine === mine && words.at - last.at < 180000
  const shown = message(words, { mine, follows })
  show(shown.element)
  last = { from: words.from, mine, at: words.at }
  return shown
}

let atEnd = true
function toEnd() {
  atEnd = true
  scroller.scrollTop = scroller.scrollHeight
  $('newer').hidden = true
}
// New words, a smaller window, a phone's keyboard: whoever reads the end stays there.
const sizes = new ResizeObserver(() => atEnd && toEnd())
sizes.observe(log)
sizes.observe(scroller)
scroller.addEventListener('scroll', () => {
  atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60
  if (atEnd) $('newer').hidden = true
})

function setUnread(count) {
  unread = count
  document.title = (count ? '(' + count + ') ' : '') + '#' + room + ' \u00b7 denwa'
}

const statusTexts = { connecting: 'Connecting\u2026', open: 'Live', waiting: 'Offline', closed: 'Closed' }
let countdown
function onStatus(status, waitMs) {
  const until = Date.now() + waitMs
  const count = () => {
    const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000))
    $('countdown').textContent = status === 'waiting' ? '\u00b7 retrying in ' + seconds + ' s' : ''
  }
  clearInterval(countdown)
  count()
  if (status === 'waiting') countdown = setInterval(count, 500)
  $('status').textContent = statusTexts[status]
  document.body.dataset.status = status
  if (status !== 'open') {
    typing.clear()
    showTyping()
  }
}

function onWire(direction, text) {
  const wire = $('wire')
  wire.prepend(frame(direction, text))
  if (wire.childElementCount > wireMax) wire.lastElementChild.remove()
}

// What is said

async function say(text) {
  const { element, receipt } = showMessage({ from: name, text, at: Date.now() }, true)
  toEnd()
  await deliver(text, element, receipt)
}

async function deliver(text, element, receipt) {
  element.dataset.state = 'sending'
  receipt.textContent = 'Sending\u2026'
  try {
    const { at } = await socket.request('say', { text })
    element.dataset.state = 'sent'
    receipt.textContent = 'Delivered'
    element.querySelector('time').dateTime = new Date(at).toISOString()
  } catch (error) {
    const again = el('button', { type: 'button' }, 'Try again')
    again.onclick = () => deliver(text, element, receipt)
    element.dataset.state = 'failed'
    receipt.replaceChildren(error.message + '. ', again)
  }
}

let lastTyped = 0
let stop
function types(active) {
  clearTimeout(stop)
  if (active) stop = setTimeout(types, 3000, false)
  if (active && Date.now() - lastTyped < 3000) return
  if (!active && lastTyped === 0) return
  lastTyped = active ? Date.now() : 0
  socket.send('typing', active)
}

function fit() {
  input.style.height = 'auto'
  input.style.height = input.scrollHeight + 'px'
  $('send').disabled = input.value.trim() === ''
}

input.addEventListener('input', () => {
  fit()
  types(input.value !== '')
})
input.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  $('composer').requestSubmit()
})
$('composer').addEventListener('submit', (event) => {
  event.preventDefault()
  const text = input.value.trim()
  if (!text) return
  if (document.body.dataset.status !== 'open') return toast('Not connected just now')
  types(false)
  input.value = ''
  fit()
  input.focus()
  say(text)
})

// The rest

$('share').onclick = $('invite').onclick = () =>
  copy(location.origin + location.pathname, 'Link copied. Send it to somebody!')
$('newer').onclick = toEnd
document.addEventListener('visibilitychange', () => document.hidden || setUnread(0))

$('me').onclick = () => {
  $('name').value = name
  $('rename').returnValue = ''
  $('rename').showModal()
  $('name').select()
}
$('cancel').onclick = () => $('rename').close()
$('rename').addEventListener('close', () => {
  const wanted = $('name').value.trim()
  if ($('rename').returnValue !== 'save' || !wanted || wanted === name) return
  name = wanted
  history.replaceState(null, '', location.pathname)
  socket.reopen()
})

$('terminal').textContent = 'wscat -c ' + location.origin.replace(/^http/, 'ws') + location.pathname
fit()
const socket = connect(address, { onFrame, onStatus, onWire })
if (matchMedia('(pointer: fine)').matches) input.focus()
`

import { $ } from '../../shared/browser/dom.ts'

const form = $<HTMLFormElement>('enter')
const name = $<HTMLInputElement>('name')
const room = $<HTMLInputElement>('room')

const kept = sessionStorage.getItem('name')
if (kept) name.value = kept

for (const link of document.querySelectorAll<HTMLElement>('[data-room]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault()
    room.value = link.dataset['room']!
    form.requestSubmit()
  })
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const address = slug(room.value)
  room.setCustomValidity(address ? '' : 'Use letters and digits, such as "coffee".')
  if (!form.reportValidity()) return
  sessionStorage.setItem('name', name.value.trim())
  location.assign(`/chat/${address}`)
})
room.addEventListener('input', () => room.setCustomValidity(''))

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 32)
}

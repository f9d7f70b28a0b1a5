/** The front page: a name and a room. */
export const lobbyScript: string = String.raw`
const $ = (id) => document.getElementById(id)
const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 32)

if (sessionStorage.name) $('name').value = sessionStorage.name

for (const link of document.querySelectorAll('[data-room]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault()
    $('room').value = link.dataset.room
    $('enter').requestSubmit()
  })
}

$('enter').addEventListener('submit', (event) => {
  event.preventDefault()
  const room = slug($('room').value)
  $('room').setCustomValidity(room ? '' : 'Use letters and digits, such as "coffee".')
  if (!$('enter').reportValidity()) return
  sessionStorage.name = $('name').value.trim()
  location.href = '/chat/' + room
})
$('room').addEventListener('input', () => $('room').setCustomValidity(''))
`

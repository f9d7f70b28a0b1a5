import { $, el } from '../../shared/browser/dom.ts'
import { showStatus } from '../../shared/browser/status.ts'
import { toast } from '../../shared/browser/toast.ts'
import { away } from './room/away.ts'
import { composer } from './room/composer.ts'
import { enter } from './room/connection.ts'
import { onRename, ownName, rename } from './room/name.ts'
import { type Fate, type Words, outbox } from './room/outbox.ts'
import { people } from './room/people.ts'
import { talk } from './room/talk.ts'

const room = document.body.dataset['room']!
const name = ownName()
const connection = enter(room, name)
const { socket, channel } = connection
const conversation = talk(name)

showStatus(socket)
people(channel, name, conversation.note, () => rename(name))
onRename(name)

// What is said

const own = outbox(connection, tell)
const { missed } = away(connection, conversation.line)
const known = new Set<string>()
/** Far more than the channel tells again. */
const knownMax = 1000

channel.on('said', (said) => {
  const mine = own.heard(said.id)
  // Said again since nobody knew that it had arrived.
  if (known.has(said.id)) return
  known.add(said.id)
  if (known.size > knownMax) known.delete(known.values().next().value!)
  conversation.heard(said, { mine, missed: !mine && missed() })
})
channel.onStatus((status) => {
  if (status !== 'joined') return
  // What was said before is there, all at once.
  queueMicrotask(() => {
    $('log').setAttribute('aria-busy', 'false')
    $('empty').hidden = $('log').childElementCount + $('unsent').childElementCount > 0
  })
})

const texts: Readonly<Record<Fate, string>> = {
  waiting: 'Waits until you are back',
  sending: 'Sending\u2026',
  sent: 'Delivered',
  failed: '',
}

function tell(words: Words, fate: Fate, why = ''): void {
  if (fate !== 'failed') return conversation.tell(words, fate, texts[fate])
  const again = el('button', { type: 'button' }, 'Try again')
  again.addEventListener('click', () => own.say(words))
  const isOver = socket.status === 'closed'
  conversation.tell(words, fate, el('span', {}, `${why}. `, isOver ? '' : again))
}

composer(
  room,
  (text) => own.say({ id: crypto.randomUUID(), text, at: Date.now() }),
  // Of no use later.
  (active) => socket.status === 'open' && socket.send('typing', active),
)

// How it ends

socket.onStatus((status, why) => {
  if (status !== 'closed') return
  $('composer').hidden = true
  $('ended').hidden = false
  $('why').textContent = `${why?.reason || 'The server has closed it'} (${why?.code})`
})
$('again').addEventListener('click', () => location.reload())

// The rest

// A sheet on a phone becomes a column.
matchMedia('(min-width: 64rem)').addEventListener('change', () => $('side').hidePopover())

const link = location.origin + location.pathname
for (const id of ['share', 'invite']) {
  $(id).addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(link)
      toast('Link copied. Send it to somebody!', 2_200)
    } catch {
      prompt('Copy this:', link)
    }
  })
}
$('terminal').textContent = [
  `wscat -c ${link.replace(/^http/, 'ws')}`,
  `>\u00A0{"type":"$join","id":1,"channel":"room/${room}"}`,
  '>\u00A0{"type":"say","id":2,"data":{"text":"hi"}}',
].join('\n')

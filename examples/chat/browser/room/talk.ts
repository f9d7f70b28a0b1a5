import { $ } from '../../../shared/browser/dom.ts'
import type { Message } from '../../contract.ts'
import type { Fate, Words } from './outbox.ts'
import { scroll } from './scroll.ts'
import { unread } from './unread.ts'
import { type Bubble, dayOf, divider, message, note, setTime } from './view.ts'

const most = 500
/** Of who came and went: they take no words' place. */
const mostNotes = 20
const closeMs = 3 * 60_000

export interface Talk {
  /** Somebody has said something; as those on the channel hear it. */
  heard(said: Message, how: { mine: boolean; missed: boolean }): void
  /** One's own words, which are not on the channel yet. */
  tell(words: Words, fate: Fate, receipt: HTMLElement | string): void
  note(text: string): void
  line(text: string): HTMLElement
  toEnd(): void
}

/** The conversation, in the order of the channel; what is not said yet stands below. */
export function talk(name: string): Talk {
  const log = $('log')
  const unsent = $('unsent')
  const own = new Map<string, Bubble>()
  const { look, grew, toEnd } = scroll()
  const { count } = unread()
  let last: { from: string; mine: boolean; at: number } | undefined
  let today = 'Today'

  const put = (element: HTMLElement): void => {
    look()
    $('empty').hidden = true
    log.append(element)
    if (log.childElementCount > most) log.firstElementChild!.remove()
    last = undefined
  }
  const follows = (from: string, mine: boolean, at: number): boolean =>
    last?.from === from && last.mine === mine && at - last.at < closeMs

  return {
    heard(said, { mine, missed }) {
      const { id, from, at } = said
      const day = dayOf(at)
      if (day !== today) put(divider(day))
      today = day
      const { element, time, receipt } = own.get(id) ?? message(said, mine)
      element.classList.toggle('follows', follows(from, mine, at))
      element.classList.toggle('missed', missed)
      // It has been seen to come already.
      element.classList.toggle('settled', own.delete(id))
      element.dataset['state'] = 'sent'
      receipt.textContent = mine ? 'Delivered' : ''
      setTime(time, at)
      put(element)
      last = { from, mine, at }
      if (mine || log.ariaBusy === 'true') return
      grew()
      count()
    },
    tell(words, fate, receipt) {
      let bubble = own.get(words.id)
      if (!bubble) {
        own.set(words.id, (bubble = message({ ...words, from: name }, true)))
        const isNext = unsent.childElementCount > 0 || follows(name, true, words.at)
        bubble.element.classList.toggle('follows', isNext)
        $('empty').hidden = true
        unsent.append(bubble.element)
        toEnd()
      }
      bubble.element.dataset['state'] = fate
      bubble.receipt.replaceChildren(receipt)
    },
    note(text) {
      put(note(text))
      const notes = log.getElementsByClassName('note')
      if (notes.length > mostNotes) notes[0]!.remove()
    },
    line(text) {
      const element = divider(text)
      put(element)
      return element
    },
    toEnd,
  }
}

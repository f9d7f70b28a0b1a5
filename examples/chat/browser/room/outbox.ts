import type { RequestError } from 'denwa/client'
import type { Connection } from './connection.ts'

/** Of what one says: it waits for a connection, is on its way, has arrived, or will not. */
export type Fate = 'waiting' | 'sending' | 'sent' | 'failed'

export interface Words {
  readonly id: string
  readonly text: string
  readonly at: number
}

const doubt = 'It may not have arrived'

export interface Outbox {
  say(words: Words): void
  /** They were heard on the channel. Tells whether they are one's own. */
  heard(id: string): boolean
}

/**
 * Says words once and in order. Where a connection ends before the answer, the channel tells what became of them:
 * if they are not among what was missed, they have never arrived, and are said again. So all others wait for that.
 */
export function outbox(
  { socket, channel }: Connection,
  show: (words: Words, fate: Fate, why?: string) => void,
): Outbox {
  const fates = new Map<string, [words: Words, fate: Fate]>()
  const unsure = new Set<Words>()
  const mine = ownIds()
  let isLost = false
  /** On the channel, and told what was missed. */
  let isThere = false

  const set = (words: Words, fate: Fate, why?: string): void => {
    fates.set(words.id, [words, fate])
    show(words, fate, why)
  }
  const say = async (words: Words): Promise<void> => {
    set(words, 'sending')
    try {
      const { id, text } = words
      await socket.request('say', { id, text }, { timeoutMs: Infinity })
      if (fates.has(id)) set(words, 'sent')
    } catch (error) {
      if (!fates.has(words.id)) return
      const { code, message } = error as RequestError
      if (code !== 'connection_lost') set(words, 'failed', message)
      else if (socket.status === 'closed') set(words, 'failed', doubt)
      else {
        unsure.add(words)
        set(words, 'waiting')
      }
    }
  }
  const waiting = (): Words[] =>
    [...fates.values()].flatMap(([words, fate]) => (fate === 'waiting' ? words : []))
  socket.onStatus((status) => {
    if (status === 'closed') for (const words of waiting()) set(words, 'failed', doubt)
  })
  channel.onReset(() => (isLost = true))
  channel.onStatus((status) => {
    isThere = false
    if (status !== 'joined') return
    // What was missed is told first.
    queueMicrotask(() => {
      isThere = channel.status === 'joined'
      if (!isThere) return
      for (const words of waiting()) {
        if (isLost && unsure.has(words)) set(words, 'failed', doubt)
        else void say(words)
      }
      unsure.clear()
      isLost = false
    })
  })

  return {
    say(words) {
      mine.add(words.id)
      if (isThere) void say(words)
      else set(words, socket.status === 'closed' ? 'failed' : 'waiting', doubt)
    },
    heard(id) {
      const [words] = fates.get(id) ?? []
      if (words) unsure.delete(words)
      fates.delete(id)
      return mine.has(id)
    },
  }
}

/** Known over the reload of the page. */
function ownIds(): { has(id: string): boolean; add(id: string): void } {
  const ids = new Set(sessionStorage.getItem('said')?.split(' '))
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id)
      sessionStorage.setItem('said', [...ids].slice(-200).join(' '))
    },
  }
}

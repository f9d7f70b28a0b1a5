import type { Rules } from './rules.ts'

/** A place in the history of a channel; the two go together, and epochs are the same or not, no more. */
export type Position = readonly [epoch: string, offset: number]

/** What was published. */
export interface Publication {
  readonly type: string
  readonly data?: unknown
  /** Absent on channels without history. */
  readonly offset?: number
}

/** What the server says of a channel that one is put on. */
export interface JoinReply {
  readonly position?: Position
  readonly recovered: boolean
  readonly reason: string
  readonly publications: readonly Publication[]
  readonly presence: unknown
}

/** How far the application has been told of a channel. */
export interface Place {
  /** Publications are to be delivered. */
  readonly live: boolean
  /** The application has been told that it is on the channel: there may be something to reload. */
  readonly seen: boolean
  readonly position: Position | undefined
}

/** What is to be done, in this order: raise `reset`, deliver, join again. */
export interface Step {
  readonly place: Place
  readonly reset?: string
  readonly deliver?: readonly Publication[]
  readonly rejoin?: true
}

export const NOWHERE: Place = { live: false, seen: false, position: undefined }

/**
 * The server has put us on the channel. What was missed is delivered as a whole, or given up as a whole:
 * the position moves only together with its publications, or with a reset.
 */
export function joined(place: Place, reply: JoinReply, rules: Rules = {}): Step {
  const { position, publications } = reply
  const { position: held } = place
  const same = held?.[0] === position?.[0]
  // To be put on it once more changes nothing.
  if (place.live && same && !(position && held && position[1] > held[1])) return { place }
  const next = { live: true, seen: true, position }
  if (reply.recovered && held && position && (same || rules.epochs === false)) {
    const missed = publications.filter(({ offset }) => offset! > held[1])
    if (reaches(missed, held[1], position[1])) return { place: next, deliver: missed }
  }
  const deliver =
    position && reaches(publications, position[1] - publications.length, position[1])
      ? publications
      : []
  const lost = (place.seen || held) && rules.wholes !== false
  return lost ? { place: next, reset: reply.reason, deliver } : { place: next, deliver }
}

/** Something came that was published. */
export function published(place: Place, publication: Publication, rules: Rules = {}): Step {
  const { live, position } = place
  const { offset } = publication
  if (!live) return { place }
  if (!position) return offset === undefined ? { place, deliver: [publication] } : { place }
  if (typeof offset !== 'number' || offset <= position[1]) return { place }
  if (offset !== position[1] + 1 && rules.gaps !== false) {
    return { place: off(place), rejoin: true }
  }
  return { place: { ...place, position: [position[0], offset] }, deliver: [publication] }
}

/** Not on the channel any more, and able to come back. */
export function off(place: Place): Place {
  return { ...place, live: false }
}

export function isPosition(value: unknown): value is Position {
  if (!Array.isArray(value) || value.length !== 2) return false
  return typeof value[0] === 'string' && Number.isSafeInteger(value[1]) && value[1] >= 0
}

/** `undefined` if it is no such reply. */
export function readReply(data: unknown): JoinReply | undefined {
  const { position, recovered, reason, publications = [], presence } = Object(data)
  if (position !== undefined && !isPosition(position)) return undefined
  if (!Array.isArray(publications) || !publications.every(isPublication)) return undefined
  return {
    ...(position && { position }),
    recovered: recovered === true,
    reason: typeof reason === 'string' ? reason : 'lost',
    publications,
    presence,
  }
}

export function isPublication(value: unknown): value is Publication {
  return typeof Object(value).type === 'string'
}

/** Whether they are all that was published after `from`, up to `to`. */
function reaches(publications: readonly Publication[], from: number, to: number): boolean {
  return (
    from + publications.length === to &&
    publications.every(({ offset }, index) => offset === from + 1 + index)
  )
}

import type { Off } from './rules.ts'

/** A place in the history of a channel; the two go together, and epochs are the same or not, no more. */
export type Position = readonly [epoch: string, offset: number]

/** What was published. */
export interface Publication {
  readonly type: string
  readonly data?: unknown
  /** Absent on channels without history. */
  readonly offset?: number
}

/** What the server says of a channel that one is put on: whatever that is, to begin with. */
export interface JoinReply {
  readonly position?: Position
  readonly recovered?: boolean
  readonly reason?: string
  readonly publications?: readonly Publication[]
  readonly presence?: unknown
}

/** How far the application has been told of a channel. */
export interface Place {
  /** Publications are to be delivered. */
  readonly live: boolean
  /** The application has been on the channel, in this life or another: there may be something to reload. */
  readonly seen: boolean
  readonly position: Position | undefined
}

/** What is to be done, in this order: raise `reset`, deliver, join again. */
export interface Step {
  readonly place: Place
  readonly reset?: string | undefined
  readonly deliver?: readonly Publication[]
  readonly rejoin?: true
}

/**
 * The server has put us on the channel. What was missed is delivered as a whole, or given up as a whole:
 * the position moves only together with its publications, or with a reset.
 *
 * @throws if it is no such reply
 */
export function joined(place: Place, reply: JoinReply, off: Off = {}): Step {
  const { position, recovered, reason = 'lost', publications = [] } = reply
  const { position: held, live, seen } = place
  if (position !== undefined && !isPosition(position)) throw position
  const [epoch, from = NaN] = held ?? []
  const [now, to = NaN] = position ?? []
  const same = epoch === now
  // To be put on it once more changes nothing.
  if (live && same && !(to > from)) return { place }
  /** Whether they are the last that were published, without a hole. */
  const areLast = (some: readonly Publication[]): boolean =>
    some.every(({ offset }, index) => offset === to - some.length + 1 + index)
  const missed = publications.filter(({ offset }) => offset! > from)
  const isWhole =
    recovered && (same || off.epochs) && missed.length === to - from && areLast(missed)
  const newest = areLast(publications) ? publications : []
  const lost = !isWhole && seen && !off.wholes
  return {
    place: { live: true, seen: true, position },
    deliver: isWhole ? missed : newest,
    reset: lost ? reason : undefined,
  }
}

/** Something came that was published. */
export function published(place: Place, publication: Publication, off: Off = {}): Step {
  const { live, position } = place
  const { offset } = publication
  const next = position && position[1] + 1
  if (!live) return { place }
  const isBeyond = offset! > next!
  if (offset === next || (isBeyond && off.gaps)) {
    return { place: upTo(place, offset), deliver: [publication] }
  }
  return isBeyond ? { place, rejoin: true } : { place }
}

/** The application has been told of that publication, where they are counted. */
export function upTo(place: Place, offset: number | undefined): Place {
  const { position } = place
  return { ...place, position: position && [position[0], offset!] }
}

export function isPosition(value: unknown): value is Position {
  const [epoch, offset, more] = [value].flat() as unknown[]
  return (
    typeof epoch === 'string' && Number.isSafeInteger(offset) && (offset as number) >= 0 && !more
  )
}

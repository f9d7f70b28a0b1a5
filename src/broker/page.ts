import { missingAfter } from './missing.ts'
import type { Page, Position, Publication, Range } from './port.ts'

/** The newest publications of a channel, without a hole. */
export interface Log {
  readonly count: number
  /** How many of the newest fit both, at most. */
  fitting(maxCount: number, maxBytes: number): number
  newest(count: number): readonly Publication[]
}

const NOTHING: readonly Publication[] = []

/** What is asked of a channel at that position: all of it, or none. */
export function pageOf(position: Position, log: Log | undefined, range: Range): Page {
  const { since, last = 0, maxCount, maxBytes } = range
  const fitting = (wanted: number): number =>
    log && wanted > 0 ? log.fitting(Math.min(wanted, maxCount), maxBytes) : 0
  const newest = (count: number): readonly Publication[] =>
    log && count > 0 ? log.newest(count) : NOTHING

  if (!since) return { position, publications: newest(fitting(last)) }
  const missing = missingAfter(since, position, log?.count ?? 0)
  if (missing) return { position, publications: NOTHING, missing }
  const wanted = position[1] - since[1]
  if (fitting(wanted) < wanted) return { position, publications: NOTHING, missing: 'too_many' }
  return { position, publications: newest(wanted) }
}

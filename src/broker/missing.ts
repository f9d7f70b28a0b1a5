import type { Missing, Position } from './port.ts'

/** Why what follows `since` cannot be told, though it were little: `first` is the oldest that is kept, if any. */
export function missingAfter(
  [epoch, offset]: Position,
  [current, top]: Position,
  first: number,
): Missing | undefined {
  if (epoch !== current || !Number.isInteger(offset) || offset < 0 || offset > top) return 'epoch'
  return offset < top && offset + 1 < first ? 'evicted' : undefined
}

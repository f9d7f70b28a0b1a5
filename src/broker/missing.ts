import type { Missing, Position } from './port.ts'

/** Why what follows `since` cannot be told, though it were little, if the newest `count` are kept. */
export function missingAfter(
  [epoch, offset]: Position,
  [current, top]: Position,
  count: number,
): Missing | undefined {
  if (epoch !== current || !Number.isInteger(offset) || offset < 0 || offset > top) return 'epoch'
  return offset < top - count ? 'evicted' : undefined
}

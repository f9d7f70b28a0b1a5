/**
 * What makes recovery right. All hold; a simulation turns them off one by one, to show that it would
 * notice.
 */
export const rules = {
  /** A publication that is not the next one is not delivered. */
  gaps: true,
  /** It is looked now and then whether the last one was lost. */
  positions: true,
  /** A client gets all that it missed, or nothing of it. */
  whole: true,
  /** Offsets of another epoch say nothing. */
  epochs: true,
}

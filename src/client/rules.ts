/** Rules that a test may turn off, to see that it notices. */
export interface Rules {
  /** A publication beyond the next one is a gap. */
  readonly gaps?: false
  /** What was not recovered as a whole is lost. */
  readonly wholes?: false
  /** Offsets of another epoch are others. */
  readonly epochs?: false
  /** A socket that was given up is not listened to. */
  readonly superseded?: false
}

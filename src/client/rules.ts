/** Rules that a test turns off, to see that it notices. */
export interface Off {
  /** A publication beyond the next one is a gap. */
  readonly gaps?: true
  /** What was not recovered as a whole is lost. */
  readonly wholes?: true
  /** Offsets of another epoch are others. */
  readonly epochs?: true
  /** A socket that was given up is not listened to. */
  readonly superseded?: true
}

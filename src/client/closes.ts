/** What follows a close. */
export type Verdict = 'retry' | 'slow' | 'renew' | 'stop'

/** Ranges decide, so that a code which is not known yet means something too. */
export function verdictOf(code: number): Verdict {
  if (code === 1013) return 'slow'
  if ((code >= 4000 && code < 4100) || (code >= 4500 && code < 5000)) return 'stop'
  return code >= 4100 && code < 4200 ? 'renew' : 'retry'
}

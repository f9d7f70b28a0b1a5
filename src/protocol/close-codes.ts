/** Why a socket ends. Ranges say what a client does next: 40xx stops, 41xx needs a new credential, 42xx retries. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  unsupportedData: 1003,
  tooBig: 1009,
  internalError: 1011,
  restart: 1012,
  overloaded: 1013,
  badFrame: 4000,
  kicked: 4009,
  unauthenticated: 4100,
  expired: 4101,
  authTimeout: 4108,
  reconnect: 4200,
  noTraffic: 4201,
  tooSlow: 4202,
  rateLimited: 4203,
  stateInvalid: 4210,
} as const

/** Whether a client that is told so is likely to come back at once: 42xx, and a restart. */
export function isReturning(code: number): boolean {
  return (code >= 4200 && code < 4300) || code === CloseCode.restart
}

/** How a connection ends when `open` refuses with an error of this code; else with `internalError`. */
export const REFUSAL_CODES: ReadonlyMap<string, number> = new Map([
  ['forbidden', 4003],
  ['not_found', 4004],
  ['unauthenticated', 4100],
  ['rate_limited', 4203],
  ['overloaded', 1013],
  ['unavailable', 1013],
])

/** RFC 6455 section 7.4, less what some runtime refuses to send: the same codes work on all of them. */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  return code < 3000 ? code >= 1000 && code <= 1014 && (code < 1004 || code > 1006) : code <= 4999
}

export function unsendable(code: number): RangeError {
  return new RangeError(
    `Cannot close with code ${code}: use 1000 to 1003, 1007 to 1014 or 3000 to 4999`,
  )
}

/** A close reason holds at most 123 bytes of UTF-8 (RFC 6455 section 5.5.1). */
export function trimReason(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(123))
  return reason.slice(0, read).toWellFormed()
}

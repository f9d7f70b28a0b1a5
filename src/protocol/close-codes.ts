/** Why a socket ends. Ranges say what a client does next: 40xx stops, 41xx needs a new credential, 42xx retries. */
export const CloseCode = {
  normal: 1000,
  unsupportedData: 1003,
  tooBig: 1009,
  internalError: 1011,
  overloaded: 1013,
  badFrame: 4000,
  forbidden: 4003,
  notFound: 4004,
  unauthenticated: 4100,
  rateLimited: 4203,
  stateInvalid: 4210,
} as const

/** RFC 6455 section 7.4, less what some runtime refuses to send: the same codes work on all of them. */
export function isSendableCloseCode(code: number): boolean {
  return (
    (code >= 3000 && code <= 4999 && Number.isInteger(code)) ||
    (code >= 1000 && code <= 1014 && Number.isInteger(code) && (code < 1004 || code > 1006))
  )
}

/** A close reason holds at most 123 bytes of UTF-8 (RFC 6455 section 5.5.1). */
export function trimReason(reason: string): string {
  if (reason.length <= 41) return reason.toWellFormed()
  const bytes = new Uint8Array(123)
  const { read } = new TextEncoder().encodeInto(reason, bytes)
  return reason.slice(0, read).toWellFormed()
}

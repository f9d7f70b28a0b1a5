/** Answer of {@linkcode decode} to a text that is no frame. `undefined` and `null` are not used: `null` is JSON. */
export const MALFORMED: unique symbol = Symbol('malformed')

export function decode(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return MALFORMED
  }
}

/** Deepest nesting of arrays and objects in a frame: past it validators overflow their stack. */
export const MAX_DEPTH = 32

/** Whether the payload of a frame keeps within `MAX_DEPTH`; the frame itself counts for one. */
export function isShallow(payload: unknown): boolean {
  return typeof payload !== 'object' || payload === null || holds(payload, MAX_DEPTH - 1)
}

function holds(value: object, depth: number): boolean {
  if (depth === 0) return false
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key]
    if (typeof item === 'object' && item !== null && !holds(item, depth - 1)) return false
  }
  return true
}

/** Whether `text` is longer than `maxBytes` in UTF-8; counts bytes only where the length alone cannot tell. */
export function exceeds(text: string, maxBytes: number): boolean {
  if (text.length * 3 <= maxBytes) return false
  return text.length > maxBytes || bytesOf(text) > maxBytes
}

const encoder = new TextEncoder()

const BEYOND_ASCII = /[\u0080-\uffff]/

/** How long it is, a text in UTF-8. */
export function bytesOf(data: string | Uint8Array): number {
  return typeof data === 'string' && BEYOND_ASCII.test(data)
    ? encoder.encode(data).length
    : data.length
}

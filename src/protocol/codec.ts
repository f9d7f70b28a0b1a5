/** Answer of {@linkcode decode} to a text that is no frame. `undefined` and `null` are not used: `null` is JSON. */
export const MALFORMED: unique symbol = Symbol('malformed')

/** Deepest nesting of arrays and objects in a message: past it validators overflow their stack. */
export const MAX_DEPTH = 32

/** A nesting of more than `MAX_DEPTH` needs at least this many characters of JSON. */
const DEEP_LENGTH = 2 * (MAX_DEPTH + 1)

export function decode(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return MALFORMED
  }
  return text.length >= DEEP_LENGTH && !within(value, MAX_DEPTH) ? MALFORMED : value
}

function within(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!within(value[i], depth - 1)) return false
    return true
  }
  for (const key in value) {
    if (!within((value as Record<string, unknown>)[key], depth - 1)) return false
  }
  return true
}

/** JSON of any value: `undefined` has none of its own and travels as `null`. */
export function encode(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}

/** Whether `text` is longer than `maxBytes` in UTF-8; counts bytes only where the length alone cannot tell. */
export function exceeds(text: string, maxBytes: number): boolean {
  if (text.length * 3 <= maxBytes) return false
  return text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes
}

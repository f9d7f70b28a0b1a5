/** Answer of {@linkcode decode} to a text that is no frame. `undefined` and `null` are not used: `null` is JSON. */
export const MALFORMED: unique symbol = Symbol('malformed')

/** Deepest nesting of arrays and objects in a message: past it validators overflow their stack. */
export const MAX_DEPTH = 32

export function decode(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return MALFORMED
  }
  return fewOpeners(text) || within(value, MAX_DEPTH) ? value : MALFORMED
}

/** Whether a text opens too few objects and arrays to nest deeper than allowed, whatever it says. */
function fewOpeners(text: string): boolean {
  let count = 0
  for (let i = text.indexOf('{'); i >= 0; i = text.indexOf('{', i + 1)) {
    if (++count > MAX_DEPTH) return false
  }
  for (let i = text.indexOf('['); i >= 0; i = text.indexOf('[', i + 1)) {
    if (++count > MAX_DEPTH) return false
  }
  return true
}

function within(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (!within(item, depth - 1)) return false
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

/**
 * 64 bits that tell one text from another: by mistake two never have the same. Who wants to can find two, and
 * has then deceived nobody but himself.
 */
export function digest(text: string): string {
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x27d4eb2f)
    b ^= b >>> 15
  }
  return [text.length, a ^ (a >>> 13), b ^ (b >>> 16)].map((n) => (n >>> 0).toString(36)).join('.')
}

/** From 0 up to 1. */
export type Random = () => number

/** The same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A seed for each participant: what one of them draws does not change what others do. */
export function seedFor(seed: number, name: string): number {
  let mixed = seed ^ 0x9e3779b9
  for (let i = 0; i < name.length; i++) {
    mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x85ebca6b)
    mixed ^= mixed >>> 13
  }
  return mixed
}

/** Stands in for an exchange elsewhere: a price is a function of time, so that it goes on while nobody asks. */

export const instruments = [
  { symbol: 'AUR', name: 'Aurora', base: 182 },
  { symbol: 'BOR', name: 'Borealis', base: 74 },
  { symbol: 'CIR', name: 'Cirrus', base: 431 },
  { symbol: 'DUN', name: 'Dune', base: 118 },
  { symbol: 'EMB', name: 'Ember', base: 256 },
] as const

export type Symbol = (typeof instruments)[number]['symbol']

/** Waves from ten minutes down to an eighth of a second, the slower the higher. */
const waves = [600, 150, 40, 12, 4, 1.3, 0.4, 0.125].map((seconds) => ({
  ms: seconds * 1000,
  height: 0.0012 * Math.sqrt(seconds),
}))

/** @param index which of the instruments */
export function priceAt(index: number, at: number): number {
  let change = 0
  for (const [wave, { ms, height }] of waves.entries()) {
    change += height * noise(index * waves.length + wave, at / ms)
  }
  return Math.round(instruments[index]!.base * Math.exp(change) * 100) / 100
}

/** From -1 to 1, smoothly. */
function noise(seed: number, t: number): number {
  const step = Math.floor(t)
  const part = t - step
  const from = random(seed, step)
  return from + (random(seed, step + 1) - from) * part * part * (3 - 2 * part)
}

/** The same for the same step, and no telling which. */
function random(seed: number, step: number): number {
  let bits = Math.imul(step ^ Math.imul(seed + 1, 0x9e3779b1), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 31 - 1
}

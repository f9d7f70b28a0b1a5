/** Time that stands still until it is moved. */
export function time(): { now: () => number; advance: (ms: number) => number } {
  let at = 1_700_000_000_000
  return { now: () => at, advance: (ms) => (at += ms) }
}

const EVERY_MS = 5_000

/** The server's time, as far as can be told from here. */
export interface Clock {
  now(): number
}

/** The quickest answer tells best. What is known fades, as clocks drift. */
export function clockOf(ask: () => Promise<number>): Clock {
  let offset = 0
  let error = Infinity
  const compare = async (): Promise<void> => {
    const sent = Date.now()
    const there = await ask()
    const took = Date.now() - sent
    if (took > error) {
      error *= 1.5
      return
    }
    error = Math.max(took, 1)
    offset = there - sent - took / 2
  }
  const again = (): void => {
    compare()
      .catch(() => {})
      .finally(() => setTimeout(again, EVERY_MS))
  }
  again()
  return { now: () => Date.now() + offset }
}

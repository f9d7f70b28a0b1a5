/** Milliseconds since 1970 by the clock on the wall, as it was when this was called: later jumps of it are not followed. */
export function wallClock(): () => number {
  const base = Date.now() - performance.now()
  return () => base + performance.now()
}

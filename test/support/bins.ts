/**
 * How many came in the fullest second, in times of the mean. `times` are milliseconds since the first at which
 * anybody could come, and seconds are counted from there. The mean is that of the time until the last has come:
 * a second that is not over then does not count as a whole one, which would make the mean smaller.
 */
export function peakOf(times: readonly number[], binMs = 1000): number {
  const bins = Map.groupBy(times, (ms) => Math.floor(ms / binMs))
  const seconds = Math.max(1, Math.max(...times) / binMs)
  return Math.max(...[...bins.values()].map(({ length }) => length)) / (times.length / seconds)
}

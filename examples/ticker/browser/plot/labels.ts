import type uPlot from 'uplot'

export const price = (value: number): string => value.toFixed(2)

export function percent(value: number, digits = 2): string {
  const sign = value > 0 ? '+' : value < 0 ? '\u2212' : ''
  return `${sign}${Math.abs(value).toFixed(digits)}\u2009%`
}

export function label(tick: number, isPercent: boolean, ticks: number[]): string {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0)
  const tenths = step * 10
  const digits = Math.abs(tenths - Math.round(tenths)) < 1e-6 ? 1 : 2
  // Whole steps are not always, in binary.
  if (isPercent) return percent(Math.abs(tick) < step / 1000 ? 0 : tick, digits)
  return tick.toFixed(digits)
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

export function timeSplits(_: uPlot, __: number, min: number, max: number, step: number): number[] {
  const splits: number[] = []
  for (let at = Math.ceil(min / step) * step; at <= max; at += step) splits.push(at)
  return splits
}

/** None where there is no room for it. */
export function timeLabels(u: uPlot, ticks: number[]): string[] {
  return ticks.map((at) => {
    const x = u.valToPos(at, 'x')
    return x < 26 || x > u.over.clientWidth - 10 ? '' : clock.format(at)
  })
}

import uPlot from 'uplot'
import { hoverOf } from './hover.ts'
import type { Lines, View } from './lines.ts'

export interface Chart {
  /** Its width, in pixels of the screen. */
  readonly pixels: number
  show(lines: Lines, view: View): void
}

/** How much of the way to its new range the price axis goes in a frame of 60 a second. */
const EASE = 0.12
const AXIS_WIDTH = 62

/** Of the style sheet, in the light and in the dark; those of series as `#rrggbb`. */
function colours(series: number): { series: string[]; soft: string; line: string; hole: string } {
  const style = getComputedStyle(document.body)
  const of = (name: string): string => style.getPropertyValue(name).trim()
  return {
    series: Array.from({ length: series }, (_, index) => of(`--series-${index + 1}`)),
    soft: of('--soft'),
    line: of('--grid'),
    hole: of('--hole'),
  }
}

export function chart(target: HTMLElement, names: readonly string[]): Chart {
  const series = names.length
  let colour = colours(series)
  let holes: Lines['holes'] = []
  let only: number | undefined
  let range: [min: number, max: number] | undefined
  let drawn = 0

  const font = (): string => `11px ${getComputedStyle(document.body).fontFamily}`
  const axis = { font: font(), stroke: () => colour.soft, ticks: { show: false } }
  const grid = { stroke: () => colour.line, width: 1 }
  const plot = new uPlot(
    {
      ...sizeOf(target),
      ms: 1,
      legend: { show: false },
      padding: [14, 0, 0, 0],
      cursor: { y: false, points: { size: 9 }, drag: { x: false, y: false } },
      scales: { x: { time: true }, y: { auto: false } },
      axes: [
        { ...axis, grid, size: 30, space: 72, splits: timeSplits, values: timeLabels },
        {
          ...axis,
          grid,
          side: 1,
          size: AXIS_WIDTH,
          space: 44,
          values: (_, ticks) => ticks.map((tick) => label(tick, only === undefined, ticks)),
        },
      ],
      series: [
        {},
        ...Array.from({ length: series }, (_, index) => ({
          stroke: () => colour.series[index]!,
          fill: (u: uPlot) => (only === index ? fade(u, colour.series[index]!) : ''),
          width: 1.75,
          points: { show: false },
        })),
      ],
      hooks: {
        drawAxes: [(u) => drawHoles(u, holes, colour)],
        draw: [(u) => drawHeads(u, colour.series)],
      },
    },
    Array.from({ length: series + 1 }, () => []) as unknown as uPlot.AlignedData,
    target,
  )

  const hover = hoverOf(target, names)
  new ResizeObserver(() => plot.setSize(sizeOf(target))).observe(target)
  for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']) {
    matchMedia(query).addEventListener('change', () => {
      colour = colours(series)
      plot.redraw()
    })
  }

  return {
    get pixels() {
      return (target.clientWidth - AXIS_WIDTH) * devicePixelRatio
    },
    show(lines, view) {
      if (only !== view.only) range = undefined
      only = view.only
      holes = lines.holes
      const now = performance.now()
      const frames = Math.min((now - drawn) / 16.7, 10)
      drawn = now
      range = eased(range, roomy(lines), 1 - (1 - EASE) ** frames)
      const [min, max] = range
      plot.batch(() => {
        plot.setData(lines.columns as uPlot.AlignedData, false)
        plot.setScale('x', { min: view.from, max: view.to })
        plot.setScale('y', { min, max })
      })
      hover.show(plot, only === undefined ? percent : price)
    },
  }
}

function sizeOf({ clientWidth: width, clientHeight: height }: HTMLElement): {
  width: number
  height: number
} {
  return { width, height }
}

function roomy({ min, max }: Lines): [number, number] {
  if (min > max) return [-1, 1]
  const room = Math.max((max - min) * 0.12, Math.abs(max) * 0.0002, 0.01)
  return [min - room, max + room]
}

function eased(
  from: [number, number] | undefined,
  to: [number, number],
  part: number,
): [number, number] {
  if (!from) return to
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part]
}

const price = (value: number): string => value.toFixed(2)

function percent(value: number, digits = 2): string {
  const sign = value > 0 ? '+' : value < 0 ? '\u2212' : ''
  return `${sign}${Math.abs(value).toFixed(digits)}\u2009%`
}

function label(tick: number, isPercent: boolean, ticks: number[]): string {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0)
  const tenths = step * 10
  const digits = Math.abs(tenths - Math.round(tenths)) < 1e-6 ? 1 : 2
  // Whole steps are not always, in binary.
  if (isPercent) return percent(Math.abs(tick) < step / 1000 ? 0 : tick, digits)
  return tick.toFixed(digits)
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

function timeSplits(_: uPlot, __: number, min: number, max: number, step: number): number[] {
  const splits: number[] = []
  for (let at = Math.ceil(min / step) * step; at <= max; at += step) splits.push(at)
  return splits
}

/** None where there is no room for it. */
function timeLabels(u: uPlot, ticks: number[]): string[] {
  return ticks.map((at) => {
    const x = u.valToPos(at, 'x')
    return x < 26 || x > u.over.clientWidth - 10 ? '' : clock.format(at)
  })
}

function fade(u: uPlot, colour: string): CanvasGradient {
  const { top, height } = u.bbox
  const gradient = u.ctx.createLinearGradient(0, top, 0, top + height)
  gradient.addColorStop(0, `${colour}55`)
  gradient.addColorStop(1, `${colour}00`)
  return gradient
}

/** Where nothing is known is said, not drawn over. */
function drawHoles(
  u: uPlot,
  holes: Lines['holes'],
  { hole, soft }: { hole: string; soft: string },
): void {
  const { ctx, bbox } = u
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  for (const [from, to] of holes) {
    const left = u.valToPos(from, 'x', true)
    const width = u.valToPos(to, 'x', true) - left
    ctx.fillStyle = hole
    ctx.fillRect(left, bbox.top, width, bbox.height)
    if (width < 90 * devicePixelRatio) continue
    ctx.fillStyle = soft
    ctx.font = `${12 * devicePixelRatio}px ${getComputedStyle(u.root).fontFamily}`
    ctx.textAlign = 'center'
    ctx.fillText('no data', left + width / 2, bbox.top + 20 * devicePixelRatio)
  }
  ctx.restore()
}

function drawHeads(u: uPlot, series: readonly string[]): void {
  const { ctx, data } = u
  const last = data[0].length - 1
  if (last < 0) return
  const x = u.valToPos(data[0][last]!, 'x', true)
  ctx.save()
  for (const [index, colour] of series.entries()) {
    const value = data[index + 1]?.[last]
    if (value === null || value === undefined) continue
    const y = u.valToPos(value, 'y', true)
    for (const [radius, alpha] of [
      [9, 0.22],
      [4, 1],
    ] as const) {
      ctx.globalAlpha = alpha
      ctx.fillStyle = colour
      ctx.beginPath()
      ctx.arc(x, y, radius * devicePixelRatio, 0, 2 * Math.PI)
      ctx.fill()
    }
  }
  ctx.restore()
}

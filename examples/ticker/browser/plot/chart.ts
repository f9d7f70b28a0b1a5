import uPlot from 'uplot'
import { hoverOf } from './hover.ts'
import { label, percent, price, timeLabels, timeSplits } from './labels.ts'
import type { Lines, View } from './lines.ts'
import { drawHeads, drawHoles, fade } from './marks.ts'

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

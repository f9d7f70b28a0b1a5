import type { Slots } from './slots.ts'

/** Longer without a price, in milliseconds, and the line has a hole. */
export const HOLE_MS = 1_600

/** The newest price of each instrument, and when that was. */
export interface Head {
  at: number
  prices: readonly number[]
}

/** What a plot shows: columns, times first. Kept from one frame to the next. */
export interface Lines {
  readonly columns: (number | null)[][]
  /** From when to when nothing is known. */
  holes: [from: number, to: number][]
  points: number
  min: number
  max: number
}

export const noLines = (series: number): Lines => ({
  columns: Array.from({ length: series + 1 }, () => []),
  holes: [],
  points: 0,
  min: 0,
  max: 0,
})

export interface View {
  readonly from: number
  readonly to: number
  /** The prices of one. Else all are compared: in percent of where each was at the left edge. */
  readonly only: number | undefined
  /** There are fewer than two rows for each. */
  readonly pixels: number
}

export function draw(
  lines: Lines,
  slots: Slots,
  head: Head,
  { from, to, only, pixels }: View,
): void {
  const { columns } = lines
  const { series, slotMs } = slots
  const bases: number[] = []
  const held: number[] = []
  let rows = 0
  let before = NaN
  lines.holes = []
  lines.points = 0
  lines.min = Infinity
  lines.max = -Infinity

  const add = (at: number, priceOf: (index: number) => number): void => {
    if (before < at - HOLE_MS) {
      columns[0]![rows] = before + 1
      for (let index = 1; index <= series; index++) columns[index]![rows] = null
      rows++
      lines.holes.push([before, at])
    }
    before = at
    columns[0]![rows] = at
    for (let index = 0; index < series; index++) {
      const price = priceOf(index)
      if (!Number.isNaN(price)) held[index] = price
      const shown = held[index]
      const isShown = shown !== undefined && (only === undefined || only === index)
      if (!isShown) {
        columns[index + 1]![rows] = null
        continue
      }
      bases[index] ??= shown
      const value = only === undefined ? (shown / bases[index]! - 1) * 100 : shown
      columns[index + 1]![rows] = value
      lines.points++
      if (value < lines.min) lines.min = value
      if (value > lines.max) lines.max = value
    }
    rows++
  }

  // One more than is seen, so that the line begins at the edge.
  const stride = Math.max(Math.floor((to - from) / slotMs / pixels), 1)
  const first = Math.max(slots.slotOf(from) - stride, slots.first)
  // The same slots in each frame, so that the line does not flicker.
  for (let slot = Math.ceil(first / stride) * stride; slot <= slots.last; slot += stride) {
    if (hasPrice(slots, slot)) add(slot * slotMs, (index) => slots.price(index, slot))
  }
  if (head.at > before) add(head.at, (index) => head.prices[index] ?? NaN)
  if (to - before > HOLE_MS) lines.holes.push([before, to])
  for (const column of columns) column.length = rows
}

function hasPrice(slots: Slots, slot: number): boolean {
  for (let index = 0; index < slots.series; index++) {
    if (!Number.isNaN(slots.price(index, slot))) return true
  }
  return false
}

import { expect, test } from 'vitest'
import { type Lines, draw, noLines } from '../../examples/ticker/browser/plot/lines.ts'
import { Slots } from '../../examples/ticker/browser/plot/slots.ts'

const nowhere = { at: -Infinity, prices: [] }

function drawn(
  slots: Slots,
  head: { at: number; prices: number[] },
  only?: number,
  pixels = 1000,
): Lines {
  const lines = noLines(2)
  draw(lines, slots, head, { from: 1000, to: 5000, only, pixels })
  return lines
}

test('compares from the left edge, in percent', () => {
  const slots = new Slots(2, 1000, 50)
  slots.put(0, 1000, 100)
  slots.put(1, 1000, 50)
  slots.put(0, 1050, 110)
  slots.put(1, 1050, 49)
  const { columns, min, max, points } = drawn(slots, nowhere)
  expect(columns[0]).toEqual([1000, 1050])
  expect(columns.slice(1).map((column) => column.map((each) => Math.round(each!)))).toEqual([
    [0, 10],
    [0, -2],
  ])
  expect([min, max].map(Math.round)).toEqual([-2, 10])
  expect(points).toBe(4)
})

test('shows one, by its price, up to the newest', () => {
  const slots = new Slots(2, 1000, 50)
  slots.put(0, 1000, 100)
  slots.put(1, 1000, 50)
  const { columns } = drawn(slots, { at: 1030, prices: [101, 51] }, 1)
  expect(columns).toEqual([
    [1000, 1030],
    [null, null],
    [50, 51],
  ])
})

test('holds a price for a while, and then has a hole', () => {
  const slots = new Slots(2, 1000, 50)
  slots.put(0, 1000, 100)
  slots.put(1, 1500, 50)
  slots.put(0, 4000, 100)
  slots.put(1, 4000, 50)
  const { columns, holes } = drawn(slots, nowhere, 0)
  expect(columns[0]).toEqual([1000, 1500, 1501, 4000])
  expect(columns[1]).toEqual([100, 100, null, 100])
  expect(holes).toEqual([[1500, 4000]])
})

test('has a hole at its end while nothing comes', () => {
  const slots = new Slots(2, 1000, 50)
  slots.put(0, 1000, 100)
  expect(drawn(slots, nowhere).holes).toEqual([[1000, 5000]])
})

test('has no more rows than a plot has pixels for, and the same ones as time goes on', () => {
  const slots = new Slots(2, 1000, 50)
  for (let at = 0; at <= 5000; at += 50) {
    slots.put(0, at, at)
    slots.put(1, at, at)
  }
  const before = drawn(slots, nowhere, 0, 20).columns[0]!
  // And one before the edge.
  expect(before).toEqual(Array.from({ length: 22 }, (_, index) => 800 + index * 200))
  slots.put(0, 5050, 1)
  expect(drawn(slots, nowhere, 0, 20).columns[0]).toEqual(before)
})

import { expect, test } from 'vitest'
import { Slots } from '../../examples/ticker/browser/plot/slots.ts'

const all = (slots: Slots, series = 0): number[] =>
  Array.from({ length: slots.last - slots.first + 1 }, (_, index) =>
    slots.price(series, slots.first + index),
  )

test('the newest of each slot', () => {
  const slots = new Slots(2, 10, 50)
  slots.put(0, 500, 1)
  slots.put(0, 549, 2)
  slots.put(0, 550, 3)
  slots.put(1, 600, 4)
  expect(all(slots).slice(-3)).toEqual([2, 3, NaN])
  expect(all(slots, 1).slice(-3)).toEqual([NaN, NaN, 4])
})

test('keeps as many as there are, however long it goes on', () => {
  const slots = new Slots(1, 4, 50)
  for (let at = 0; at < 1000; at += 50) slots.put(0, at, at)
  expect(all(slots)).toEqual([800, 850, 900, 950])
  slots.put(0, 0, 1)
  expect(all(slots)).toEqual([800, 850, 900, 950])
})

test('what was not told is a hole, and nothing of the last round shows through', () => {
  const slots = new Slots(1, 4, 50)
  for (let at = 0; at < 400; at += 50) slots.put(0, at, at)
  slots.put(0, 500, 500)
  expect(all(slots)).toEqual([350, NaN, NaN, 500])
  slots.put(0, 100_000, 1)
  expect(all(slots)).toEqual([NaN, NaN, NaN, 1])
})

test('fills holes, and no more than those', () => {
  const slots = new Slots(1, 4, 50)
  slots.put(0, 0, 1)
  slots.put(0, 150, 4)
  for (const at of [0, 50, 100, 150]) slots.fill(0, at, 9)
  expect(all(slots)).toEqual([1, 9, 9, 4])
})

import { expect, test } from 'vitest'
import { emit, observe } from './observe.ts'

const event = { type: 'error', error: 'x', where: 'open' } as const

test('every observer hears until it ends its observation', () => {
  const heard: string[] = []
  const [endA, endB] = [observe(() => heard.push('a')), observe(() => heard.push('b'))]
  emit(event)
  endA()
  endA()
  emit(event)
  endB()
  emit(event)
  expect(heard).toEqual(['a', 'b', 'b'])
})

test('an observer that throws harms neither the others nor who is observed', () => {
  const heard: unknown[] = []
  const ends = [
    observe(() => {
      throw new Error('observer')
    }),
    observe((event) => heard.push(event)),
  ]
  expect(() => emit(event)).not.toThrow()
  expect(heard).toEqual([event])
  for (const end of ends) end()
})

import { expect, test } from 'vitest'
import { anything, peer, turn } from '../test/support/peer.ts'
import { contract } from './contract.ts'
import { emit, observe, observed } from './observe.ts'
import { socket } from './socket.ts'

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

test('observers hear of what they name, and of nothing else', () => {
  const heard: string[] = []
  const end = observe({
    open: ({ type }) => heard.push(type),
    slow: ({ type }) => heard.push(type),
  })
  const of = { connection: 'c_1', route: '/' }
  emit({ type: 'open', ...of })
  emit({ type: 'granted', ...of })
  emit({ type: 'slow', ...of, waitingBytes: 1 })
  emit(event)
  end()
  expect(heard).toEqual(['open', 'slow'])
})

test('nobody is asked for what nobody hears any more', () => {
  const observers = { open: () => {}, error: () => {} }
  const ends = [observe(observers), observe(observers), observe(() => {})]
  expect([observed.open, observed.error]).toEqual([2, 3])
  for (const end of ends) end()
  for (const end of ends) end()
  expect([observed.open, observed.error]).toEqual([0, 0])
})

test('what began before anybody listened has no duration to tell of', async () => {
  const gate = Promise.withResolvers<void>()
  const talk = contract({ requests: { ask: { input: anything, output: anything } } })
  const client = await peer(socket(talk, { requests: { ask: () => gate.promise } }))
  client.request(1, 'ask')
  await turn()
  const heard: unknown[] = []
  const end = observe({ handled: ({ name }) => heard.push(name) })
  gate.resolve()
  await turn()
  client.request(2, 'ask')
  await turn()
  end()
  expect(heard).toEqual(['ask'])
})

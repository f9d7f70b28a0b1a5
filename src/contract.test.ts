import { describe, expect, test } from 'vitest'
import { anything } from '../test/support/peer.ts'
import { contract } from './contract.ts'

const kinds: Record<string, (name: string) => unknown> = {
  message: (name) => contract({ messages: { [name]: anything } }),
  request: (name) => contract({ requests: { [name]: { input: anything, output: anything } } }),
  event: (name) => contract({ events: { [name]: anything } }),
  channel: (name) => contract({ channels: { [name]: { events: {} } } }),
  'channel event': (name) => contract({ channels: { room: { events: { [name]: anything } } } }),
}

for (const [kind, named] of Object.entries(kinds)) {
  test(`the name of a ${kind} has 1 to 64 characters and no "$" in front`, () => {
    for (const name of ['', '$', '$join', 'x'.repeat(65), '\ud800']) {
      expect(() => named(name), JSON.stringify(name)).toThrow(/^Cannot name a/)
    }
    for (const name of ['a', 'a$', 'x'.repeat(64), 'constructor']) {
      expect(() => named(name), name).not.toThrow()
    }
  })
}

describe('a schema', () => {
  const none: any[] = [
    undefined,
    null,
    5,
    {},
    { '~standard': {} },
    { '~standard': { validate: 5 } },
  ]

  test('has to implement Standard Schema, wherever it stands', () => {
    for (const bad of none) {
      for (const def of [
        { messages: { x: bad } },
        { requests: { x: { input: bad, output: anything } } },
        { requests: { x: { input: anything, output: bad } } },
        { requests: { x: { input: anything, item: bad } } },
        { events: { x: bad } },
        { channels: { room: { events: { x: bad } } } },
      ]) {
        expect(() => contract(def), JSON.stringify(def)).toThrow(
          /^Cannot validate .*"x".*Standard Schema/,
        )
      }
    }
  })

  test('may be a function, as with some libraries', () => {
    expect(() => contract({ messages: { x: Object.assign(() => {}, anything) } })).not.toThrow()
  })
})

test('a contract is the very definition that it was given', () => {
  const def = { messages: { x: anything } }
  expect(contract(def).def).toBe(def)
  expect(contract({}).def).toEqual({})
})

import { describe, expect, test } from 'vitest'
import { anything, peer } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'

const full = contract({
  messages: { say: anything },
  requests: { ask: { input: anything, output: anything } },
  channels: { 'room/:room': { events: { said: anything } } },
})
const handlers = { messages: { say: () => {} }, requests: { ask: () => 1 } }
const make = (given: object): unknown => socket(full, given as never)

describe('socket()', () => {
  test('takes handlers that fit the contract', () => {
    expect(() => make(handlers)).not.toThrow()
    expect(() => socket(contract({}), {})).not.toThrow()
  })

  test('refuses a contract of which something has no handler, by name', () => {
    expect(() => make({})).toThrow(/message "say" has no handler/)
    expect(() => make({ messages: handlers.messages })).toThrow(/request "ask" has no handler/)
    expect(() => make({ ...handlers, messages: { say: 'text' } })).toThrow(TypeError)
  })

  test('refuses a handler that a prototype brings', () => {
    const named = contract({ messages: { toString: anything } })
    expect(() => socket(named, { messages: {} as never })).toThrow(TypeError)
  })

  test('refuses a handler of what the contract does not have', () => {
    expect(() =>
      make({ ...handlers, messages: { ...handlers.messages, shout: () => {} } }),
    ).toThrow(/message "shout" has no schema/)
    expect(() =>
      make({ ...handlers, requests: { ...handlers.requests, constructor: () => {} } }),
    ).toThrow(/request "constructor" has no schema/)
  })

  test('refuses a rule for a channel that the contract does not have', () => {
    expect(() => make({ ...handlers, channels: { 'hall/:hall': { join: () => true } } })).toThrow(
      /channel "hall\/:hall"/,
    )
  })

  test('refuses limits that are no whole number from 1', () => {
    for (const limit of ['inFlight', 'requestTimeoutMs', 'openTimeoutMs']) {
      for (const value of [0, -1, 1.5, NaN, Infinity, '5', null]) {
        expect(
          () => make({ ...handlers, limits: { [limit]: value } }),
          `${limit} ${value}`,
        ).toThrow(RangeError)
      }
    }
  })

  test('keeps the other limits when one is given', async () => {
    const at = socket(full, {
      ...handlers,
      requests: { ask: () => new Promise(() => {}) },
      limits: { requestTimeoutMs: 5 },
    })
    const client = await peer(at)
    for (let id = 1; id <= 33; id++) client.request(id, 'ask')
    expect(await client.heard()).toMatchObject([{ id: 33, error: { code: 'overloaded' } }])
  })

  test('shows its contract', () => {
    expect(socket(full, handlers).contract).toBe(full)
  })
})

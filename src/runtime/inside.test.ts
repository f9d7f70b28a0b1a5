import { describe, expect, test } from 'vitest'
import { newSnapshot } from '../connection/state.ts'
import { askedIn, commandRequest, isCommand, socketRequest } from './inside.ts'

/** `cf` is what a request has that a Worker made, and only there. */
const fromWorker = (request: Request): Request =>
  Object.assign(request, { cf: { denwa: 'inside' } })

const snapshot = newSnapshot({ name: 'Änn €\n', list: ['%', ','] }, 'denwa.v1.json')
const slots = [{ tag: '0:lobby', max: 5, status: 503, retryAfterMs: 5000 }]

describe('a request for a socket', () => {
  test('brings its snapshot and its places, whatever characters are in them', () => {
    const request = fromWorker(socketRequest(snapshot, slots))
    expect(askedIn(request)).toEqual({ snapshot, slots })
    expect(isCommand(request)).toBe(false)
  })

  test('brings no places if there are none to count', () => {
    expect(askedIn(fromWorker(socketRequest(snapshot)))).toEqual({ snapshot, slots: [] })
  })
})

describe('a command', () => {
  test('comes as JSON', async () => {
    const request = fromWorker(commandRequest({ do: 'revoke', who: { id: 'é' } }))
    expect(isCommand(request)).toBe(true)
    expect(askedIn(request)).toBeUndefined()
    expect(await request.json()).toEqual({ do: 'revoke', who: { id: 'é' } })
  })
})

describe('a request that is handed on', () => {
  const all = { socket: socketRequest(snapshot, slots), command: commandRequest({}) }

  test.each(Object.entries(all))('is neither, with all that a client can send: %s', (_, inner) => {
    for (const cf of [undefined, {}, { colo: 'AMS' }, { denwa: true }]) {
      const request = Object.assign(new Request(inner.url, { headers: inner.headers }), { cf })
      expect(askedIn(request)).toBeUndefined()
      expect(isCommand(request)).toBe(false)
    }
  })

  test.each(Object.entries(all))('is neither at another address: %s', (_, inner) => {
    const url = inner.url.replace('https:', 'http:')
    const request = fromWorker(new Request(url, { headers: inner.headers }))
    expect(askedIn(request)).toBeUndefined()
    expect(isCommand(request)).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anything, peer } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'
import { MAX_SNAPSHOT_BYTES, checkSize, newSnapshot, toState } from './state.ts'

const one = contract({
  requests: { act: { input: anything, output: anything } },
  events: { state: anything },
})

/** What `act` returns on a connection with this state. */
async function on(state: () => any, act: (c: any) => unknown, times = 1): Promise<any[]> {
  const client = await peer(socket(one, { state, requests: { act } }))
  for (let id = 1; id <= times; id++) client.request(id, 'act')
  return (await client.heard()).map((frame) => frame.data ?? frame.error)
}

describe('toState', () => {
  test('keeps what JSON can carry, and drops the rest at once', () => {
    const given = {
      n: 1,
      at: new Date(0),
      none: undefined,
      run: () => {},
      map: new Map([[1, 2]]),
      nan: NaN,
    }
    expect(toState(given)).toEqual({ n: 1, at: '1970-01-01T00:00:00.000Z', map: {}, nan: null })
  })

  test('is a copy', () => {
    const given = { list: [1] }
    const state = toState(given) as typeof given
    given.list.push(2)
    expect(state).toEqual({ list: [1] })
  })

  test('is an empty object if there is none', () => {
    expect([toState(undefined), toState(null)]).toEqual([{}, {}])
  })

  test('refuses what is no object', () => {
    for (const value of [
      'text',
      5,
      true,
      [],
      () => {},
      Symbol('x'),
      new Date(0),
      new String('x'),
    ]) {
      expect(() => toState(value), String(value)).toThrow(TypeError)
    }
  })

  test('survives another JSON round trip unchanged', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything({ maxDepth: 2 })), (given) => {
        const state = toState(given)
        expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      }),
    )
  })
})

describe('newSnapshot', () => {
  test('has an id of its own', () => {
    const ids = new Set(Array.from({ length: 1000 }, () => newSnapshot({}, '').id))
    expect(ids.size).toBe(1000)
    for (const id of ids) expect(id).toMatch(/^c_[\w-]{8,22}$/)
  })

  test('refuses more than 16 KiB, in bytes', () => {
    const snapshot = newSnapshot({ text: '' }, '')
    const most = MAX_SNAPSHOT_BYTES - JSON.stringify(snapshot).length
    const check = (text: string) => () => checkSize({ ...snapshot, state: { text } })
    expect(check('x'.repeat(most))).not.toThrow()
    expect(check('x'.repeat(most + 1))).toThrow(RangeError)
    expect(check('é'.repeat(Math.floor(most / 2)))).not.toThrow()
    expect(check('é'.repeat(Math.floor(most / 2) + 1))).toThrow(RangeError)
    expect(() => newSnapshot({ text: 'x'.repeat(MAX_SNAPSHOT_BYTES) }, '')).toThrow(RangeError)
  })
})

describe('setState', () => {
  test('merges, and is seen at once by this and later handlers', async () => {
    const act = (c: any): unknown => {
      c.setState({ n: c.state.n + 1 })
      return c.state
    }
    expect(await on(() => ({ n: 1, name: 'ann' }), act, 2)).toEqual([
      { n: 2, name: 'ann' },
      { n: 3, name: 'ann' },
    ])
  })

  test('drops a key that is set to undefined', async () => {
    const act = (c: any): unknown => {
      c.setState({ a: undefined })
      return c.state
    }
    expect(await on(() => ({ a: 1, b: 2 }), act)).toEqual([{ b: 2 }])
  })

  test('keeps what JSON keeps, as after hibernation', async () => {
    const act = (c: any): unknown => {
      c.setState({ at: new Date(0) })
      return typeof c.state.at
    }
    expect(await on(() => ({}), act)).toEqual(['string'])
  })

  test('changes nothing if it fails', async () => {
    const bad = [{ big: 'x'.repeat(17_000) }, { big: 5n }]
    for (const patch of bad) {
      const act = (c: any): unknown => {
        let thrown: unknown
        try {
          c.setState(patch)
        } catch (error) {
          thrown = error
        }
        return [thrown instanceof Error, c.state]
      }
      expect(await on(() => ({ a: 1 }), act)).toEqual([[true, { a: 1 }]])
    }
  })

  test('that nobody catches is an internal error, and the connection goes on', async () => {
    let first = true
    const act = (c: any): unknown => {
      if (first) {
        first = false
        c.setState({ big: 'x'.repeat(17_000) })
      }
      return c.state
    }
    expect(await on(() => ({ a: 1 }), act, 2)).toEqual([
      { code: 'internal', message: 'internal error' },
      { a: 1 },
    ])
  })

  test('belongs to one connection', async () => {
    const shared = { n: 0 }
    const act = (c: any): unknown => {
      c.setState({ n: c.state.n + 1 })
      return c.state
    }
    const at = socket(one, { state: () => shared, requests: { act } })
    const [ann, bob] = [await peer(at), await peer(at)]
    ann.request(1, 'act')
    bob.request(1, 'act')
    expect([await ann.heard(), await bob.heard()]).toEqual([
      [{ id: 1, data: { n: 1 } }],
      [{ id: 1, data: { n: 1 } }],
    ])
    expect(shared).toEqual({ n: 0 })
  })
})

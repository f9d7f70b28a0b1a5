import { describe, expect, test } from 'vitest'
import { anything, peer, slowly, standard, turn } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'

const talk = contract({
  messages: { do: anything, slow: slowly },
  requests: { ask: { input: anything, output: anything } },
  events: { said: anything },
})

/** A socket that does what the test says, and the ends that it was told of. */
function ending(act: (c: any) => unknown, more: object = {}) {
  const ends: any[] = []
  const at = socket(talk, {
    messages: { do: act, slow: act },
    requests: { ask: act },
    close: (_: unknown, info: unknown) => ends.push(info),
    ...more,
  } as never)
  return { at, ends }
}

describe('the close handler', () => {
  test('runs once, with what the peer said', async () => {
    const { at, ends } = ending(() => {})
    const client = await peer(at)
    await turn()
    client.socket.close(4321, 'bye')
    client.socket.close(1000)
    await turn()
    expect(ends).toEqual([{ code: 4321, reason: 'bye', wasClean: true }])
  })

  test('knows a lost connection from a clean close', async () => {
    for (const [code, told, wasClean] of [
      [1000, 1000, true],
      [1001, 1001, true],
      [1005, 1005, true],
      [1006, 1006, false],
      [0, 1006, false],
    ] as const) {
      const { at, ends } = ending(() => {})
      const client = await peer(at)
      client.socket.close(code)
      await turn()
      expect(ends).toEqual([{ code: told, reason: '', wasClean }])
    }
  })

  test('is told the code and reason that this side closed with', async () => {
    const { at, ends } = ending((c) => c.close(4300, 'enough'))
    const client = await peer(at)
    client.say({ type: 'do' })
    expect(await client.ended()).toEqual({ code: 4300, reason: 'enough' })
    expect(ends).toEqual([{ code: 4300, reason: 'enough', wasClean: true }])
  })

  test('runs after open, and after the messages that came before the end', async () => {
    const gate = Promise.withResolvers<void>()
    const order: string[] = []
    const at = socket(talk, {
      open: async () => {
        await gate.promise
        order.push('open')
      },
      messages: { do: () => order.push('message'), slow: () => order.push('slow') },
      requests: { ask: () => order.push('request') },
      close: () => order.push('close'),
    })
    const client = await peer(at)
    client.say({ type: 'do' }, { type: 'slow' })
    client.request(1, 'ask')
    client.socket.close()
    await turn()
    expect(order).toEqual([])
    gate.resolve()
    await turn()
    expect(order).toEqual(['open', 'message', 'slow', 'request', 'close'])
  })

  test('can neither send nor close, nor harm by throwing', async () => {
    const heard: unknown[] = []
    const stop = observe(({ where, error }) => heard.push([where, error]))
    const errors = [new Error('sync'), new Error('async')]
    const closes = [
      (c: any) => {
        c.send('said', 'late')
        c.close(4400)
        throw errors[0]
      },
      async () => {
        throw errors[1]
      },
    ]
    for (const close of closes) {
      const client = await peer(ending(() => {}, { close }).at)
      client.socket.close(1000, 'mine')
      expect(await client.heard()).toEqual([])
      expect(await client.ended()).toEqual({ code: 1000, reason: 'mine' })
    }
    stop()
    expect(heard).toEqual(errors.map((error) => ['close', error]))
  })
})

describe('close()', () => {
  test('in a handler lets out what was said before, and nothing after', async () => {
    const { at } = ending((c) => {
      c.send('said', 1)
      c.close(4300)
      c.send('said', 2)
      return 'reply'
    })
    for (const arrays of [false, true]) {
      const client = await peer(at, { arrays })
      client.request(1, 'ask')
      client.request(2, 'ask')
      const frames = await client.heard()
      expect(frames.filter((frame) => frame.type !== '$welcome')).toEqual([
        { type: 'said', data: 1 },
      ])
      expect((await client.ended())?.code).toBe(4300)
    }
  })

  test('leaves the rest of an array alone, and what waited behind', async () => {
    let ran = 0
    const { at } = ending((c) => {
      ran++
      c.close()
    })
    const client = await peer(at)
    client.say([{ type: 'do' }, { type: 'do' }, { type: 'slow' }], { type: 'do' })
    await turn()
    expect(ran).toBe(1)
  })

  test('while open has not settled leaves what waited alone', async () => {
    let ran = 0
    const open = async (c: any): Promise<void> => {
      await turn()
      c.close(4300)
    }
    const { at, ends } = ending(() => ran++, { open })
    const client = await peer(at)
    client.say({ type: 'do' }, { type: 'slow' })
    await client.socket.closed
    await turn()
    expect(ran).toBe(0)
    expect(ends).toEqual([{ code: 4300, reason: '', wasClean: true }])
  })

  test('while a message is validated leaves that message alone, and those behind it', async () => {
    const gate = Promise.withResolvers<void>()
    const valid = Promise.withResolvers<any>()
    let ran = 0
    const messages = { first: anything, stuck: standard(() => valid.promise), after: anything }
    const at = socket(contract({ messages }), {
      messages: {
        first: async (c) => {
          await gate.promise
          c.close()
        },
        stuck: () => ran++,
        after: () => ran++,
      },
    })
    const client = await peer(at)
    client.say({ type: 'first' }, [{ type: 'stuck' }, { type: 'after' }], { type: 'after' })
    await turn()
    gate.resolve()
    await client.socket.closed
    valid.resolve({ value: 1 })
    await turn()
    expect(ran).toBe(0)
  })

  test('takes effect once: the first code counts', async () => {
    const { at } = ending((c) => {
      c.close(4300, 'first')
      c.close(4301, 'second')
    })
    const client = await peer(at)
    client.say({ type: 'do' })
    expect(await client.ended()).toEqual({ code: 4300, reason: 'first' })
  })

  test('is 1000 if nothing is said', async () => {
    const client = await peer(ending((c) => c.close()).at)
    client.say({ type: 'do' })
    expect(await client.ended()).toEqual({ code: 1000, reason: '' })
  })

  test('refuses a code that some runtime cannot send, and the connection lives', async () => {
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2000, 2999, 5000, 1000.5, NaN]) {
      let thrown: unknown
      const client = await peer(
        ending((c) => {
          try {
            c.close(code)
          } catch (error) {
            thrown = error
          }
        }).at,
      )
      client.say({ type: 'do' })
      expect(await client.ended()).toBeUndefined()
      expect(thrown).toBeInstanceOf(RangeError)
    }
  })

  test('cuts a long reason at a character', async () => {
    const client = await peer(ending((c) => c.close(4300, '€'.repeat(100))).at)
    client.say({ type: 'do' })
    expect(await client.ended()).toEqual({ code: 4300, reason: '€'.repeat(41) })
  })
})

describe('containment', () => {
  test('a schema whose answer is nonsense ends its message, or that one connection', async () => {
    const heard: unknown[] = []
    const stop = observe((event) => heard.push(event.where))
    const nonsense = [() => undefined, () => ({ issues: [null] }), () => ({ issues: 5 })]
    for (const answer of nonsense) {
      for (const validate of [answer, async () => answer()]) {
        const at = socket(contract({ messages: { m: standard(validate as never), ok: slowly } }), {
          messages: { m: () => {}, ok: () => {} },
        })
        const [bad, good] = [await peer(at), await peer(at)]
        bad.say({ type: 'm' })
        good.say({ type: 'ok' })
        const [answer] = await bad.heard()
        expect(answer?.error.code ?? (await bad.ended())?.code).toBeOneOf(['internal', 1011])
        expect(await good.ended()).toBeUndefined()
      }
    }
    stop()
    expect(heard).toHaveLength(6)
  })
})

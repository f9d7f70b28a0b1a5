import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { anything, peer, standard } from '../../test/support/peer.ts'
import { type Schema, contract } from '../contract.ts'
import { observe } from '../observe.ts'
import { socket } from '../socket.ts'

const plain = z.object({ text: z.string(), list: z.array(z.object({ n: z.number() })).optional() })
const schemas: Record<string, Schema> = {
  zod: plain,
  'zod, compiled': z.compile(plain),
  'zod/mini': mini.object({
    text: mini.string(),
    list: mini.optional(mini.array(mini.object({ n: mini.number() }))),
  }),
  valibot: v.object({ text: v.string(), list: v.optional(v.array(v.object({ n: v.number() }))) }),
  arktype: type({ text: 'string', 'list?': type({ n: 'number' }).array() }),
}

/** What a request with this payload is answered whose handler returns its input. */
async function ask(input: Schema, data: unknown): Promise<any> {
  const at = contract({ requests: { ask: { input, output: anything } } })
  const client = await peer(socket(at, { requests: { ask: (c) => c.data as any } }))
  client.say(typeof data === 'string' ? data : { type: 'ask', id: 1, data })
  const [frame] = await client.heard()
  return frame
}

for (const [name, schema] of Object.entries(schemas)) {
  describe(name, () => {
    test('hands over what it accepts', async () => {
      const data = { text: 'hi', list: [{ n: 1 }] }
      expect(await ask(schema, data)).toEqual({ id: 1, data })
    })

    test('refuses, with the path of what is wrong', async () => {
      const { error } = await ask(schema, { text: 'hi', list: [{ n: 1 }, { n: 'x' }] })
      expect(error.code).toBe('invalid')
      expect(error.issues).toEqual([{ path: ['list', 1, 'n'], message: expect.any(String) }])
    })

    test('refuses what is of another kind altogether', async () => {
      for (const value of [undefined, null, 5, [], {}, { text: 5 }]) {
        const { error } = await ask(schema, value)
        expect([value, error.code, error.issues.length > 0]).toEqual([value, 'invalid', true])
      }
    })

    test('is not fooled by `__proto__`', async () => {
      const { error } = await ask(
        schema,
        '{"type":"ask","id":1,"data":{"__proto__":{"text":"hi"}}}',
      )
      expect(error.code).toBe('invalid')
      expect(({} as { text?: unknown }).text).toBeUndefined()
    })
  })
}

describe('a schema', () => {
  test('is looked up once', async () => {
    let looked = 0
    const schema = {
      get '~standard'() {
        looked++
        return anything['~standard']
      },
    }
    const at = contract({ messages: { tell: schema } })
    const client = await peer(socket(at, { messages: { tell: () => {} } }))
    looked = 0
    client.say({ type: 'tell' }, { type: 'tell' })
    await client.heard()
    expect(looked).toBe(0)
  })

  test('that zod has compiled does what its slow form does', async () => {
    const slow = z.object({ n: z.number().transform((n) => n * 2), s: z.string().default('x') })
    for (const schema of [slow, z.compile(slow)]) {
      expect(await ask(schema, { n: 2, extra: 1 })).toEqual({ id: 1, data: { n: 4, s: 'x' } })
    }
  })

  test('may take its time', async () => {
    const schema = z.string().refine(async (text) => text !== 'taken')
    expect(await ask(z.object({ name: schema }), { name: 'free' })).toMatchObject({
      id: 1,
      data: {},
    })
    const { error } = await ask(z.object({ name: schema }), { name: 'taken' })
    expect(error.issues[0].path).toEqual(['name'])
  })

  test('whose stack overflows calls the value invalid', async () => {
    const deeper = (n: number): number => deeper(n + 1) + 1
    const { error } = await ask(
      standard(() => ({ value: deeper(0) })),
      1,
    )
    expect(error).toMatchObject({ code: 'invalid', issues: [{ path: [], message: 'too deep' }] })
  })

  test('may name a place in any way that Standard Schema knows', async () => {
    const path = ['a', 1, Symbol('s'), { key: 'b' }, { key: Symbol('t') }]
    const issues = [{ message: 'm', path }, { message: 'n' }]
    const { error } = await ask(
      standard(() => ({ issues })),
      1,
    )
    expect(error.issues).toEqual([
      { path: ['a', 1, 'Symbol(s)', 'b', 'Symbol(t)'], message: 'm' },
      { path: [], message: 'n' },
    ])
  })
})

test('who sends what the contract does not allow is told what is wrong, and where', async () => {
  const heard: string[] = []
  const stop = observe(({ error }) => heard.push((error as Error).message))
  const issues: [unknown, string][] = [
    [[{ message: 'bad', path: ['a', 0] }, { message: 'worse' }], 'bad at a.0'],
    [[{ message: 'bad' }], 'bad'],
    [[], 'refuses it'],
  ]
  for (const [list, told] of issues) {
    const event = standard(() => ({ issues: list as [] }))
    const at = contract({ messages: { tell: anything }, events: { told: event } })
    const client = await peer(socket(at, { messages: { tell: (c) => c.send('told', 1) } }))
    client.say({ type: 'tell' })
    expect(await client.heard()).toMatchObject([{ error: { code: 'internal' } }])
    expect(heard.at(-1)).toMatch(/^Cannot send "told": /)
    expect(heard.at(-1)?.endsWith(told)).toBe(true)
  }
  stop()
})

test('64 KiB that break a schema in every place cost one short error frame', async () => {
  const input = z.array(z.number())
  const at = contract({ requests: { ask: { input, output: anything } } })
  const client = await peer(socket(at, { requests: { ask: () => 1 } }))
  const text = (id: number): string =>
    `{"type":"ask","id":${id},"data":[${'"",'.repeat(21_000)}""]}`
  expect(text(1).length).toBeLessThanOrEqual(65_536)
  for (let id = 1; id <= 2; id++) {
    client.say(text(id))
    const frame = (await client.socket.next()) as any
    expect(frame.error.code).toBe('invalid')
    expect(frame.error.issues).toHaveLength(5)
    expect(JSON.stringify(frame).length).toBeLessThanOrEqual(2048)
  }
})

import { describe, expect, test } from 'vitest'
import { anything, peer, slowly } from '../../test/support/peer.ts'
import { contract } from '../contract.ts'
import { socket } from '../socket.ts'

const echo = contract({
  messages: { note: anything, slow: slowly, both: anything },
  requests: {
    echo: { input: anything, output: anything },
    both: { input: anything, output: anything },
  },
  events: { noted: anything },
})
const note = (c: any): void => c.send('noted', c.data)
const route = socket(echo, {
  messages: { note, slow: note, both: () => {} },
  requests: { echo: (c) => c.data, both: (c) => c.data },
})

async function answer(...messages: unknown[]): Promise<any[]> {
  const client = await peer(route)
  client.say(...messages)
  return client.heard()
}

const badFrame = (message?: string): unknown => ({
  error: { code: 'bad_frame', message: message ?? expect.any(String) },
})

describe('what is no frame', () => {
  test('is a bad_frame, and the connection goes on', async () => {
    for (const text of [
      '',
      'x',
      '{',
      '5',
      'null',
      'true',
      '"a"',
      '[[]]',
      '{}',
      '{"type":5}',
      '\uFEFF{}',
    ]) {
      const client = await peer(route)
      client.say(text)
      expect([text, await client.heard()]).toEqual([text, [badFrame()]])
      client.request(1, 'echo', 'on')
      expect(await client.heard()).toEqual([{ id: 1, data: 'on' }])
    }
  })

  test('is nesting of more than 32', async () => {
    const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(await answer(`{"type":"note","data":${deep(32)}}`)).toEqual([badFrame()])
    expect(await answer(`{"type":"note","data":${deep(31)}}`)).toMatchObject([{ type: 'noted' }])
    expect(await answer(`{"type":"echo","id":1,"data":${deep(32)}}`)).toMatchObject([
      { id: 1, error: { code: 'bad_frame' } },
    ])
    for (const field of ['type', 'id', 'channel', 'timeout', 'count', 'other']) {
      const [frame] = await answer(`{"type":"$join","id":1,"${field}":${deep(10_000)}}`)
      expect([field, typeof frame.error.code]).toEqual([field, 'string'])
    }
  })

  test('does not echo what came in', async () => {
    for (const text of ['<script>', '{"type":{"<script>":1}}', '["<script>"]']) {
      expect(JSON.stringify(await answer(text))).not.toContain('script')
    }
  })
})

describe('an id', () => {
  test('is a positive whole number above every earlier one; else bad_frame and close 4000', async () => {
    for (const id of [0, -1, 1.5, '1', null, true, {}, [], 2 ** 53, 1e300, 3, 2]) {
      const client = await peer(route)
      client.request(3, 'echo', 1)
      client.say({ type: 'echo', id, data: 2 })
      expect([id, await client.heard()]).toEqual([id, [{ id: 3, data: 1 }, badFrame()]])
      expect((await client.ended())?.code).toBe(4000)
    }
  })

  test('counts even where its request was refused', async () => {
    const client = await peer(route)
    client.say({ type: 'nope', id: 5 }, { type: 5, id: 6 }, { type: 'echo', id: 6, data: 1 })
    expect(await client.heard()).toMatchObject([
      { id: 5, error: { code: 'unknown' } },
      { id: 6, error: { code: 'bad_frame' } },
      badFrame(),
    ])
    expect((await client.ended())?.code).toBe(4000)
  })

  test('may leave out any number up to the largest safe one', async () => {
    expect(
      await answer(
        { type: 'echo', id: 7, data: 1 },
        { type: 'echo', id: Number.MAX_SAFE_INTEGER, data: 2 },
      ),
    ).toEqual([
      { id: 7, data: 1 },
      { id: Number.MAX_SAFE_INTEGER, data: 2 },
    ])
  })
})

describe('a type', () => {
  test('that the contract does not have is unknown, with the id if there was one', async () => {
    for (const type of [
      'nope',
      'constructor',
      '__proto__',
      'toString',
      '',
      '$nope',
      'Note',
      'noted',
    ]) {
      const frames = await answer({ type, data: 1 }, { type, id: 1, data: 1 })
      expect([type, frames]).toMatchObject([
        type,
        [{ error: { code: 'unknown' } }, { id: 1, error: { code: 'unknown' } }],
      ])
      expect('id' in frames[0]).toBe(false)
    }
  })

  test('is a request with an id and a message without, even of the same name', async () => {
    expect(await answer({ type: 'both', data: 1 }, { type: 'both', id: 1, data: 2 })).toEqual([
      { id: 1, data: 2 },
    ])
  })

  test('of the other kind is refused with a hint', async () => {
    const [first, second] = await answer(
      { type: 'echo', data: 1 },
      { type: 'note', id: 1, data: 1 },
    )
    const [nobody] = await answer({ type: 'nope' })
    for (const { error } of [first, second]) {
      expect(error.code).toBe('unknown')
      expect(error.message).toContain('an id')
    }
    expect(nobody.error.message).not.toContain('an id')
  })

  test('may bring fields that nobody knows', async () => {
    expect(await answer({ type: 'echo', id: 1, data: 1, extra: { deep: [] }, again: 5 })).toEqual([
      { id: 1, data: 1 },
    ])
  })

  test('of the protocol that stands for nothing now is no error', async () => {
    expect(
      await answer(
        { type: '$cancel', id: 9 },
        { type: '$more', id: 9, count: 1 },
        { type: '$cancel' },
      ),
    ).toEqual([])
  })
})

describe('an array', () => {
  const numbered = (count: number): unknown[] =>
    Array.from({ length: count }, (_, i) => ({ type: 'echo', id: i + 1, data: i }))

  test('of 1 or 64 frames is handled in order', async () => {
    for (const count of [1, 64]) {
      const replies = Array.from({ length: count }, (_, i) => ({ id: i + 1, data: i }))
      expect(await answer(numbered(count))).toEqual(replies)
    }
  })

  test('of none or 65 is a bad_frame of which nothing is handled', async () => {
    expect(await answer([])).toEqual([badFrame()])
    expect(await answer(numbered(65))).toEqual([badFrame()])
  })

  test('with a bad frame in it is handled around it', async () => {
    expect(await answer([{ type: 'note', data: 1 }, 5, [], { type: 'note', data: 2 }])).toEqual([
      { type: 'noted', data: 1 },
      badFrame(),
      badFrame(),
      { type: 'noted', data: 2 },
    ])
  })

  test('ends where a bad id closes the connection', async () => {
    expect(
      await answer([
        { type: 'echo', id: 0 },
        { type: 'note', data: 1 },
      ]),
    ).toEqual([badFrame()])
  })

  test('keeps its order around a validation that takes its time, and before what comes after', async () => {
    const client = await peer(route)
    const frames = [1, 2, 3, 4].map((data) => ({ type: data === 2 ? 'slow' : 'note', data }))
    client.say(frames, { type: 'slow', data: 5 }, { type: 'note', data: 6 })
    expect((await client.heard()).map((frame) => frame.data)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('treats a text among its frames alike, waiting or not', async () => {
    const text = JSON.stringify({ type: 'note', data: 'hidden' })
    const late = [{ type: 'slow', data: 1 }, text, { type: 'note', data: 2 }]
    const seen = [{ type: 'noted', data: 1 }, badFrame(), { type: 'noted', data: 2 }]
    expect(await answer([{ type: 'note', data: 1 }, ...late.slice(1)])).toEqual(seen)
    expect(await answer(late)).toEqual(seen)
  })
})

describe('size and kind', () => {
  test('more than 64 KiB is closed with 1009, unread', async () => {
    const client = await peer(route)
    const fits = JSON.stringify({ type: 'note', data: 'x'.repeat(65_536 - 25) })
    expect(fits.length).toBe(65_536)
    client.say(fits)
    expect(await client.heard()).toHaveLength(1)
    client.say(`${fits} `)
    expect(await client.heard()).toEqual([])
    expect((await client.ended())?.code).toBe(1009)
  })

  test('counts bytes, not characters', async () => {
    const client = await peer(route)
    client.say({ type: 'note', data: 'é'.repeat(32_760) })
    expect(await client.heard()).toEqual([])
    expect((await client.ended())?.code).toBe(1009)
  })

  test('binary is closed with 1003', async () => {
    const client = await peer(route)
    client.say(new TextEncoder().encode('{"type":"note","data":1}'), { type: 'note', data: 2 })
    expect(await client.heard()).toEqual([])
    expect((await client.ended())?.code).toBe(1003)
  })
})

import { describe, expect, test } from 'vitest'
import { type Client, client } from '../../test/support/line.ts'
import { turn } from '../../test/support/peer.ts'
import { noUnhandledRejections } from '../../test/support/rejections.ts'
import { RequestError } from './errors.ts'
import { stream } from './streams.ts'

/** What a server may say, field by field. */
const frames: Readonly<Record<string, any>> = {
  welcome: {
    type: '$welcome',
    id: 'c_1',
    beat: 25_000,
    wait: 10_000,
    expires: 3_600_000,
    limits: { message: 65_536 },
    features: ['presence'],
    resume: 'r',
    keys: 'k',
  },
  bye: { type: '$bye', code: 'restart', retry: [500, 5000] },
  reauth: { type: '$reauth', within: 30_000 },
  joined: {
    type: '$joined',
    channel: 'room/1',
    data: {
      position: ['e', 2],
      recovered: true,
      reason: 'epoch',
      publications: [{ offset: 2, type: 'said', data: 1 }],
      presence: { version: 1, members: { a: { name: 'ann' } }, count: 1, self: 'a' },
    },
  },
  'reply to a join': {
    id: 1,
    data: {
      position: ['e', 2],
      recovered: false,
      reason: 'epoch',
      publications: [{ offset: 2, type: 'said', data: 1 }],
      presence: { version: 1, members: { a: { name: 'ann' } }, count: 1, self: 'a' },
    },
  },
  left: { type: '$left', channel: 'room/1', code: 'revoked', message: 'go' },
  gap: { type: '$gap', channel: 'room/1', reason: 'slow' },
  presence: {
    type: '$presence',
    channel: 'room/1',
    version: 1,
    joined: { b: { name: 'bob' } },
    left: ['a'],
    count: 1,
  },
  publication: { channel: 'room/1', offset: 1, type: 'said', data: { text: 'hi' } },
  event: { type: 'news', data: 1 },
  reply: { id: 2, data: 1 },
  item: { id: 3, item: 1 },
  end: { id: 3, end: true },
  error: {
    id: 2,
    error: {
      code: 'conflict',
      message: 'no',
      retryAfter: 100,
      issues: [{ path: ['a'], message: 'bad' }],
    },
  },
  'error of a message': { error: { code: 'invalid', message: 'no', retryAfter: 1, issues: [] } },
}

/** As JSON: what a number may be there goes beyond what a number is here. */
const values = [
  ...['null', 'true', 'false', '0', '-0', '-1', '1.5', '1e400', '-1e400', '9007199254740993'],
  ...['1e-320', '4294967296', '86400001', '""', '"x"', '"5"', '"$bye"', '"__proto__"', '"NaN"'],
  ...['[]', '[[]]', '[null]', '[1,2,3]', '["e",1e400]', '["e",-1]', '["e",1.5]', '[-1,1e400]'],
  ...['{}', '{"valueOf":1,"toString":1}', '{"__proto__":{"length":1e9}}', '{"length":4294967295}'],
  ...['{"constructor":{"prototype":null}}', '{"then":{}}', '{"toJSON":1}'],
]

/** The frame once for each of its fields, however deep, with another value there. */
function* altered(frame: any): Generator<[path: string, text: string]> {
  const mark = '\u0000'
  const whole = structuredClone(frame)
  function* walk(part: any, path: string): Generator<[string, string]> {
    for (const key of Object.keys(part)) {
      const kept = part[key]
      part[key] = mark
      const [before, after] = JSON.stringify(whole).split(JSON.stringify(mark))
      for (const value of values) yield [`${path}${key}: ${value}`, `${before}${value}${after}`]
      part[key] = kept
      if (typeof kept === 'object') yield* walk(kept, `${path}${key}.`)
    }
  }
  yield* walk(whole, '')
}

/** A client that has asked for all that there is, and listens to it. */
async function busy(): Promise<Client> {
  const c = client({ credential: { offer: async () => {}, reauth: async () => {} } })
  await turn()
  const channel = c.channels.join('room/1')
  channel.onReset(() => {})
  channel.on('said', () => {})
  channel.presence.on('sync', () => channel.presence.list())
  c.socket.on('news', () => {})
  c.socket.onError((error) => expect(error).toBeInstanceOf(RequestError))
  c.line.open()
  void c.socket.request('ask').catch((error) => expect(error).toBeInstanceOf(RequestError))
  void (async () => {
    try {
      for await (const _ of stream(c.socket, 'items'));
    } catch (error) {
      expect(error).toBeInstanceOf(RequestError)
    }
  })()
  await turn()
  return c
}

/** It comes back from whatever it is in, and is of use. */
async function expectToLive(c: Client): Promise<void> {
  const { clock, lines, socket } = c
  const count = lines.length
  if (socket.status === 'open') c.line.lose()
  // It may have been told to stay away.
  if (socket.status === 'closed') return
  clock.advance(3_600_000)
  await turn()
  expect(lines.length).toBeGreaterThan(count)
  if (socket.status === 'waiting') {
    clock.advance(20_000)
    await turn()
  }
  c.line.open({ limits: { message: 65_536 } })
  await c.line.heard()
  const answer = socket.request('ask', 'well?')
  const asked = (await c.line.heard()).find(({ data }) => data === 'well?')
  c.line.say({ id: asked.id, data: 'yes' })
  expect([await answer, socket.status]).toEqual(['yes', 'open'])
}

describe('whatever is in a field of a frame,', () => {
  noUnhandledRejections()

  test.each(Object.keys(frames))('%s: nothing is thrown, and the client lives', async (name) => {
    for (const [, text] of altered(frames[name])) {
      const c = await busy()
      c.line.say(text, text)
      await turn()
      // 200 ms: what was asked for may be due.
      c.clock.advance(200)
      await expectToLive(c)
    }
    expect(({} as { length?: number }).length).toBeUndefined()
  })
})

describe('a hundred thousand frames at once', () => {
  noUnhandledRejections()

  const count = 100_000
  const many = (frame: (n: number) => object): string =>
    `[${Array.from({ length: count }, (_, n) => JSON.stringify(frame(n)))}]`

  test.each([
    ['that welcome', many(() => frames['welcome'])],
    ['that put it on channels', many((n) => ({ type: '$joined', channel: `c/${n}`, data: {} }))],
    ['that speak of a gap', many(() => frames['gap'])],
    ['that publish and speak of a gap', many((n) => (n % 2 ? frames['gap'] : frames['joined']))],
    [
      'of presence that has missed some',
      many((n) => ({ ...frames['presence'], version: n * 2 + 1 })),
    ],
    ['that end what nobody asked', many((n) => ({ id: n + 10, data: 1 }))],
    ['of a stream beyond its credit', many(() => frames['item'])],
  ])('%s cost little, and the client says little', { timeout: 30_000 }, async (_, text) => {
    const c = await busy()
    c.line.say({ id: 1, data: {} })
    await c.line.heard()
    c.line.say(text)
    expect((await c.line.heard()).length).toBeLessThanOrEqual(1100)
    expect(Object.keys(c.channels.positions()).length).toBeLessThanOrEqual(513)
    await expectToLive(c)
  })
})

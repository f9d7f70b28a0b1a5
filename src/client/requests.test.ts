import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Client, client } from '../../test/support/line.ts'
import { turn } from '../../test/support/peer.ts'
import { RequestError } from './errors.ts'
import { offline } from './queue.ts'
import type { RequestOptions } from './requests.ts'
import type { SocketOptions } from './socket.ts'

/** A client with an open connection. */
function open(options: SocketOptions = {}, welcome: object = {}): Client {
  const made = client(options)
  made.line.open(welcome)
  return made
}

/** What comes of it: its result, or the code of its error. */
function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error) => error.code ?? error.name)
}

function ask({ socket }: Client, type: string, options?: RequestOptions): Promise<unknown> {
  return outcome(socket.request(type, undefined, options))
}

describe('a request', () => {
  test('ends with its reply, in whatever order replies come', async () => {
    const c = open()
    const answers = [ask(c, 'a'), ask(c, 'b')]
    expect(await c.line.heard()).toEqual([
      { id: 1, timeout: 10_000, type: 'a' },
      { id: 2, timeout: 10_000, type: 'b' },
    ])
    c.line.say([
      { id: 2, data: 'B' },
      { id: 1, data: null },
    ])
    expect(await Promise.all(answers)).toEqual([null, 'B'])
  })

  test('ends with the error of the server', async () => {
    const { socket, line } = open()
    const answer = socket.request('a').catch((error) => error)
    const issues = [{ path: ['text'], message: 'too short' }]
    line.say({
      id: 1,
      error: { code: 'rate_limited', message: 'slow down', retryAfter: 5, issues },
    })
    const error = await answer
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({
      code: 'rate_limited',
      message: 'slow down',
      retryAfterMs: 5,
      issues,
    })
  })

  test('ends once, with what comes first', async () => {
    const c = open()
    const answer = ask(c, 'a')
    await turn()
    c.line.say({ id: 1, data: 1 }, { id: 1, data: 2 }, { id: 1, error: { code: 'internal' } })
    c.line.lose()
    expect(await answer).toBe(1)
  })

  test('ends with whatever error is said', async () => {
    for (const error of [null, 5, 'x', [], {}, { message: 5, retryAfter: '5' }]) {
      const c = open()
      const answer = ask(c, 'a')
      await turn()
      c.line.say({ id: 1, error })
      expect(await answer).toBe('internal')
    }
  })

  test('is not ended by what is no answer to it', async () => {
    const c = open()
    const answer = ask(c, 'a')
    await turn()
    c.line.say({ id: 2, data: 1 }, { id: '1', data: 1 }, { id: 1 }, { id: -1, data: 1 })
    c.line.say({ id: 1, item: 1 }, { data: 1 }, { id: 1, data: 'it' })
    expect(await answer).toBe('it')
  })

  test('ends when its time is over, of which the server knows', async () => {
    const c = open()
    const answer = ask(c, 'a', { timeoutMs: 500 })
    expect(await c.line.heard()).toEqual([{ id: 1, timeout: 500, type: 'a' }])
    c.clock.advance(500)
    expect(await answer).toBe('timeout')
    c.line.say({ id: 1, data: 'late' })
  })

  test('that has waited has less time left', async () => {
    const c = client()
    const answers = [ask(c, 'a', { timeoutMs: 500 }), ask(c, 'b', { timeoutMs: 200 })]
    c.clock.advance(200)
    expect(await answers[1]).toBe('timeout')
    c.line.open()
    expect(await c.line.heard()).toEqual([{ id: 1, timeout: 300, type: 'a' }])
    c.line.say({ id: 1, data: 'A' })
    expect(await answers[0]).toBe('A')
  })

  test('ends when it is aborted, and the server is told if it knows', async () => {
    const c = client()
    const [waiting, flying] = [new AbortController(), new AbortController()]
    const answers = [
      ask(c, 'a', { signal: waiting.signal }),
      ask(c, 'b', { signal: flying.signal }),
      ask(c, 'c', { signal: AbortSignal.abort() }),
    ]
    waiting.abort()
    c.line.open()
    expect(await c.line.heard()).toMatchObject([{ id: 1, type: 'b' }])
    flying.abort()
    flying.abort()
    expect(await c.line.heard()).toEqual([{ type: '$cancel', id: 1 }])
    c.line.say({ id: 1, error: { code: 'canceled', message: '' } })
    expect(await Promise.all(answers)).toEqual(['aborted', 'aborted', 'aborted'])
  })

  test('that is no JSON rejects', async () => {
    expect(await outcome(open().socket.request('a', 1n))).toBe('TypeError')
  })

  test('larger than the server takes is not sent', async () => {
    const { socket, line } = open({}, { limits: { message: 1000 } })
    expect(await outcome(socket.request('a', '€'.repeat(400)))).toBe('too_large')
    expect(() => socket.send('a', '€'.repeat(400))).toThrow('too_large')
    expect(await line.heard()).toEqual([])
  })
})

describe('when the connection is lost', () => {
  test('what may have reached the server is not sent again', async () => {
    const c = open()
    const answer = ask(c, 'a')
    c.socket.send('b')
    await turn()
    c.line.lose()
    expect(await answer).toBe('connection_lost')
    c.clock.advance(750)
    c.line.open()
    expect(await c.line.heard()).toEqual([])
  })

  test('what was said in the same turn may have reached it', async () => {
    const c = open()
    const answer = ask(c, 'a')
    c.line.lose()
    expect(await answer).toBe('connection_lost')
  })

  test('what has a key is sent again with it, and says where it was said first, until it is answered', async () => {
    const c = open({}, { keys: 'm1' })
    const answer = ask(c, 'a', { key: 'k', timeoutMs: 60_000 })
    const said = { type: 'a', key: 'k' }
    expect(await c.line.heard()).toEqual([{ id: 1, timeout: 60_000, ...said }])
    c.line.lose()
    c.clock.advance(750)
    c.line.open({ keys: 'm2' })
    expect(await c.line.heard()).toEqual([{ id: 2, again: 'm1', timeout: 59_250, ...said }])
    c.line.lose()
    c.clock.advance(1000)
    c.line.open()
    expect(await c.line.heard()).toEqual([{ id: 3, again: 'm1', timeout: 58_250, ...said }])
    c.line.say({ id: 2, data: 'old' }, { id: 3, data: 'new' })
    expect(await answer).toBe('new')
  })

  test('what has a key is not sent again where the server remembers none', async () => {
    const c = open()
    const answer = ask(c, 'a', { key: 'k' })
    await turn()
    c.line.lose()
    expect(await answer).toBe('connection_lost')
  })

  test('nor where nobody knows whether it does: the connection before may have been to another one', async () => {
    const c = open({}, { keys: 'm1' })
    c.line.lose()
    const answer = ask(c, 'a', { key: 'k' })
    c.clock.advance(750)
    c.line.events.open('denwa.v1.json')
    expect(await c.line.heard()).toHaveLength(1)
    c.line.lose()
    expect(await answer).toBe('connection_lost')
  })

  test('what has a key is sent again for four minutes', async () => {
    const c = open({}, { keys: 'm' })
    const answer = ask(c, 'a', { key: 'k', timeoutMs: 1e9 })
    expect(await c.line.heard()).toMatchObject([{ timeout: 240_000 }])
    c.line.lose()
    c.clock.advance(240_000)
    expect(await answer).toBe('timeout')
    c.line.open({ keys: 'm' })
    expect(await c.line.heard()).toEqual([])
  })

  test('what was said and cannot be said again may have been done all the same', async () => {
    const queue = offline({ max: 1, overflow: 'oldest' })
    const c = open({ queue }, { keys: 'm' })
    const answers = [ask(c, 'a', { key: 'k' })]
    await turn()
    c.line.lose()
    answers.push(ask(c, 'b'))
    c.clock.advance(750)
    c.line.open({ keys: 'm' })
    await turn()
    c.line.say({ id: 2, data: 'B' })
    answers.push(ask(c, 'c', { key: 'k' }))
    await turn()
    c.line.lose()
    c.clock.advance(1000)
    c.line.bufferedAmount = 1e9
    c.line.open({ keys: 'm' })
    expect(await Promise.all(answers)).toEqual(['connection_lost', 'B', 'connection_lost'])
  })

  test('what nobody can know is said by the server, too', async () => {
    const c = open({}, { keys: 'm' })
    const answer = ask(c, 'a', { key: 'k' })
    await turn()
    c.line.lose()
    c.clock.advance(750)
    c.line.open({ keys: 'n' })
    await turn()
    c.line.say({ id: 2, error: { code: 'connection_lost', message: '' } })
    expect(await answer).toBe('connection_lost')
  })

  test('what was too large is not sent again, with a key either', async () => {
    const c = open({}, { keys: 'm' })
    const answer = ask(c, 'a', { key: 'k' })
    await turn()
    c.line.lose(1009)
    expect(await answer).toBe('connection_lost')
  })

  test('for good, nothing waits any more', async () => {
    const c = open({}, { keys: 'm' })
    const answers = [ask(c, 'a'), ask(c, 'b', { key: 'k' })]
    c.line.say({ type: '$bye', retry: false })
    answers.push(ask(c, 'c'))
    c.line.lose(1012)
    answers.push(ask(c, 'd'))
    expect(await Promise.all(answers)).toEqual(Array(4).fill('connection_lost'))
    expect(() => c.socket.send('e')).toThrow('connection_lost')
  })
})

describe('what waits for a connection', () => {
  test('is no more than a number, and beyond it what is new is refused', async () => {
    const c = client({ queue: offline({ max: 2 }) })
    c.socket.send('a')
    const answers = [ask(c, 'b'), ask(c, 'c')]
    expect(() => c.socket.send('d')).toThrow('queue_full')
    expect(await answers[1]).toBe('queue_full')
    c.line.open()
    expect(await c.line.heard()).toMatchObject([{ type: 'a' }, { type: 'b' }])
  })

  test('or what is old gives way', async () => {
    const c = client({ queue: offline({ max: 2, overflow: 'oldest' }) })
    const dropped: unknown[] = []
    c.socket.onError((error) => dropped.push(error.code))
    c.socket.send('a')
    const answers = [ask(c, 'b'), ask(c, 'c'), ask(c, 'd')]
    expect(await answers[0]).toBe('queue_full')
    expect(dropped).toEqual(['queue_full'])
    c.line.open()
    expect(await c.line.heard()).toMatchObject([{ type: 'c' }, { type: 'd' }])
  })

  test('is no more than so many bytes', async () => {
    for (const overflow of ['oldest', 'reject'] as const) {
      const c = client({ queue: offline({ maxBytes: 1000, overflow }) })
      expect(() => c.socket.send('a', 'x'.repeat(1000))).toThrow('queue_full')
      c.socket.send('b', 'x'.repeat(500))
      if (overflow === 'reject') expect(() => c.socket.send('c', 'x'.repeat(500))).toThrow()
      else c.socket.send('c', 'x'.repeat(500))
      c.line.open()
      expect(await c.line.heard()).toMatchObject([{ type: overflow === 'reject' ? 'b' : 'c' }])
    }
  })

  test('is not sent when it is old', async () => {
    const c = client({ queue: offline({ maxAgeMs: 100 }) })
    const dropped: unknown[] = []
    c.socket.onError((error) => dropped.push(error.code))
    c.socket.send('a')
    c.clock.advance(101)
    c.socket.send('b')
    c.line.open()
    expect(await c.line.heard()).toEqual([{ type: 'b' }])
    expect(dropped).toEqual(['timeout'])
  })

  test('is said in messages that the server takes', async () => {
    const c = client({ queue: offline({ max: 1000, maxBytes: 1e6 }) })
    for (let n = 0; n < 200; n++) c.socket.send('a', '€'.repeat(n < 100 ? 1 : 400))
    c.line.open()
    expect((await c.line.heard()).map(({ type }) => type)).toEqual(Array(200).fill('a'))
    for (const text of c.line.texts) {
      expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(65_536)
      expect(JSON.parse(text).length).toBeLessThanOrEqual(64)
    }
    expect(c.line.texts.length).toBeLessThan(20)
  })

  test('does not wait in a socket that is stuck', async () => {
    const c = open()
    c.line.bufferedAmount = 2 ** 21
    expect(await ask(c, 'a')).toBe('queue_full')
    expect(() => c.socket.send('b')).toThrow('queue_full')
  })

  test('for an answer is no more than a number', async () => {
    const c = open()
    const answers = Array.from({ length: 1025 }, () => ask(c, 'a'))
    expect(await answers[1024]).toBe('queue_full')
    c.socket.close()
    expect(await answers[1023]).toBe('connection_lost')
  })
})

test('every request ends once, whatever happens', async () => {
  const step = fc.constantFrom('ask', 'key', 'abort', 'answer', 'lose', 'open', 'time', 'bye')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (story) => {
      const c = client({ queue: offline({ max: 5, overflow: 'oldest' }) })
      const ends: number[] = []
      const sent = new Map<string, Set<object>>()
      let control = new AbortController()
      for (const step of story) {
        const line = c.line
        if (step === 'ask' || step === 'key') {
          const n = ends.push(0) - 1
          const key = step === 'key' ? { key: `${n}` } : {}
          const request = c.socket.request(`${n}`, 0, { signal: control.signal, ...key })
          void outcome(request).then(() => ends[n]!++)
        } else if (step === 'abort') {
          control.abort()
          control = new AbortController()
        } else if (step === 'answer') {
          for (const { id } of await line.heard()) if (id) line.say({ id, data: 0 })
        } else if (step === 'time') c.clock.advance(4000)
        else if (step === 'open' && c.socket.status === 'connecting') line.open({ keys: 'm' })
        else if (step === 'lose' && c.socket.status !== 'waiting') line.lose()
        else if (step === 'bye' && c.socket.status === 'open') line.say({ type: '$bye' })
        await turn()
        for (const line of c.lines) {
          for (const frame of line.texts.flatMap((text) =>
            text === 'ping' ? [] : JSON.parse(text),
          )) {
            if (frame.key !== undefined || !/^\d/.test(frame.type)) continue
            sent.set(frame.type, (sent.get(frame.type) ?? new Set()).add(line))
          }
        }
      }
      c.socket.close()
      await turn()
      expect(ends).toEqual(ends.map(() => 1))
      for (const lines of sent.values()) expect(lines.size).toBe(1)
    }),
    { numRuns: 100 },
  )
})

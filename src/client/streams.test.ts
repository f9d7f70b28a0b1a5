import { describe, expect, test } from 'vitest'
import { type Client, client } from '../../test/support/line.ts'
import { turn } from '../../test/support/peer.ts'
import { reply, stream } from './streams.ts'

function open(): Client {
  const made = client()
  made.line.open()
  return made
}

/** Takes all items; the last one is how it has ended. */
async function all(items: AsyncIterable<unknown>, most = Infinity): Promise<unknown[]> {
  const seen: unknown[] = []
  try {
    for await (const item of items) if (seen.push(item) >= most) break
    seen.push('end')
  } catch (error) {
    seen.push((error as { code: string }).code)
  }
  return seen
}

describe('a stream', () => {
  test('is asked for when its first item is, and ends after all of them', async () => {
    const { socket, line } = open()
    const items = stream(socket, 'count', 2)
    expect(await line.heard()).toEqual([])
    const seen = all(items)
    expect(await line.heard()).toEqual([{ id: 1, type: 'count', data: 2 }])
    line.say([
      { id: 1, item: 0 },
      { id: 1, item: null },
      { id: 1, end: true },
    ])
    line.say({ id: 1, item: 'late' })
    expect(await seen).toEqual([0, null, 'end'])
    expect(await line.heard()).toEqual([])
  })

  test('ends with an error after its items', async () => {
    const { socket, line } = open()
    const seen = all(stream(socket, 'count'))
    await turn()
    line.say({ id: 1, item: 0 }, { id: 1, error: { code: 'internal', message: '' } })
    expect(await seen).toEqual([0, 'internal'])
  })

  test('ends with the connection, and is not asked for again', async () => {
    const { clock, socket, line, lines } = open()
    const seen = all(stream(socket, 'count', 0))
    await turn()
    line.say({ id: 1, item: 0 })
    line.lose()
    expect(await seen).toEqual([0, 'connection_lost'])
    clock.advance(750)
    lines[1]!.open()
    expect(await lines[1]!.heard()).toEqual([])
  })

  test('is given more credit as it is read', async () => {
    const { socket, line } = open()
    const items = stream(socket, 'count')
    const first = items.next()
    await turn()
    line.say(...Array.from({ length: 32 }, (_, item) => ({ id: 1, item })))
    await first
    await line.heard()
    for (let n = 1; n < 15; n++) await items.next()
    expect(await line.heard()).toEqual([])
    await items.next()
    expect(await line.heard()).toEqual([{ type: '$more', id: 1, count: 16 }])
  })

  test('ahead of its credit is cut', async () => {
    const { socket, line } = open()
    const items = stream(socket, 'count')
    const first = items.next()
    await line.heard()
    line.say(...Array.from({ length: 33 }, (_, item) => ({ id: 1, item })))
    await first.catch(() => {})
    expect(await line.heard()).toEqual([{ type: '$cancel', id: 1 }])
  })

  test('that one leaves is cancelled', async () => {
    const { socket, line } = open()
    const seen = all(stream(socket, 'count'), 1)
    await line.heard()
    line.say({ id: 1, item: 0 }, { id: 1, item: 1 })
    expect(await seen).toEqual([0, 'end'])
    expect(await line.heard()).toEqual([{ type: '$cancel', id: 1 }])
  })

  test('that is aborted gives nothing more', async () => {
    const { socket, line } = open()
    const control = new AbortController()
    const seen = all(stream(socket, 'count', 0, { signal: control.signal }))
    await line.heard()
    line.say({ id: 1, item: 0 })
    await turn()
    line.say({ id: 1, item: 1 })
    control.abort()
    line.say({ id: 1, item: 2 })
    expect(await seen).toEqual([0, 'aborted'])
    expect(await line.heard()).toEqual([{ type: '$cancel', id: 1 }])
  })

  test('has no time limit but one that is given', async () => {
    const { clock, socket, line } = open()
    const seen = all(stream(socket, 'count', 0, { timeoutMs: 500 }))
    expect(await line.heard()).toMatchObject([{ timeout: 500 }])
    line.say({ id: 1, item: 0 })
    clock.advance(500)
    expect(await seen).toEqual([0, 'timeout'])
  })
})

describe('a reply, of which nobody knows yet what it is', () => {
  test('that is awaited has ten seconds, and then the server is told', async () => {
    const { clock, socket, line } = open()
    const answer = reply(socket, 'a').catch((error) => error.code)
    expect(await line.heard()).toEqual([{ id: 1, type: 'a' }])
    clock.advance(10_000)
    expect(await answer).toBe('timeout')
    expect(await line.heard()).toEqual([{ type: '$cancel', id: 1 }])
  })

  test('that is awaited ends with its error, or with its data', async () => {
    const { socket, line } = open()
    const answers = [reply(socket, 'a').catch((error) => error.code), reply(socket, 'b')]
    await turn()
    line.say({ id: 1, error: { code: 'forbidden' } }, { id: 2, data: 'B' })
    expect(await Promise.all(answers)).toEqual(['forbidden', 'B'])
  })

  test('whose items are taken has all the time, and is asked for at once', async () => {
    const { clock, socket, line } = open()
    const items = reply(socket, 'a')
    socket.send('b')
    const seen = all(items)
    expect(await line.heard()).toEqual([{ id: 1, type: 'a' }, { type: 'b' }])
    line.say({ id: 1, item: 0 }, 'pong')
    clock.advance(20_000)
    line.say({ id: 1, item: 1 }, { id: 1, end: true })
    expect(await seen).toEqual([0, 1, 'end'])
  })

  test('whose items are taken ends with its error once', async () => {
    const { socket, line } = open()
    const seen = all(reply(socket, 'a'))
    await turn()
    line.say({ id: 1, error: { code: 'forbidden' } })
    expect(await seen).toEqual(['forbidden'])
  })

  test('is told the time limit that is given, and leaves nothing behind', async () => {
    const { socket, line } = open()
    const answer = reply(socket, 'a', 0, { timeoutMs: 500 }).catch((error) => error.code)
    expect(await line.heard()).toMatchObject([{ timeout: 500 }])
    socket.close()
    expect(await answer).toBe('connection_lost')
    expect(await reply(socket, 'a').catch((error) => error.code)).toBe('connection_lost')
  })
})

import { FAILURES } from '../app/failures.ts'
import type { Kit } from '../kit.ts'
import type { Json } from '../session.ts'

/** An exception ends at the connection it belongs to, and its text never leaves the server. */
export function errors(kit: Kit): void {
  const { expect } = kit

  for (const how of FAILURES) {
    kit.attack(
      `a message handler throws (${how}): internal, and the connection goes on`,
      async (it) => {
        const [socket, other] = [await it.open(), await it.open()]
        socket.message('fail', { how })
        const frame = await socket.next()
        expect(frame.id).toBeUndefined()
        internal(frame)
        socket.request('echo', 1, { text: 'on' })
        expect(await socket.next()).toEqual({ id: 1, data: { text: 'on' } })
        other.request('echo', 1, { text: 'unhurt' })
        expect(await other.next()).toEqual({ id: 1, data: { text: 'unhurt' } })
      },
    )

    kit.attack(`a request handler throws (${how}): internal, with the id`, async (it) => {
      const socket = await it.open()
      socket.request('throwOut', 7, { how })
      const frame = await socket.next()
      expect(frame.id).toBe(7)
      internal(frame)
      expect(await socket.within(50)).toEqual([])
    })

    kit.attack(`open throws (${how}): 1011 with a generic reason`, async (it) => {
      const socket = await it.open(`/socket/${it.room}?open=${how}`)
      const { code, reason } = await socket.closed()
      expect(code).toBe(1011)
      expect(reason).not.toContain('secret')
    })

    kit.attack(`close throws (${how}): nobody else notices`, async (it) => {
      const [socket, other] = [await it.open(`/socket/${it.room}?close=${how}`), await it.open()]
      socket.close(1000)
      await socket.closed()
      await it.trace((notes) => notes.some((note) => note.startsWith('close')))
      other.request('echo', 1, { text: 'unhurt' })
      expect((await other.next()).id).toBe(1)
    })

    kit.attack(`raw handlers throw (${how}): 1011 for that connection alone`, async (it) => {
      const other = await it.link('/raw')
      for (const where of ['open', 'message']) {
        const link = await it.link(`/raw-fail/${it.room}/${where}/${how}`)
        if (where === 'message') link.send('x')
        const { code, reason } = await link.closed(2_000)
        expect([where, code]).toEqual([where, 1011])
        expect(reason).not.toContain('secret')
      }
      const closing = await it.link(`/raw-fail/${it.room}/close/${how}`)
      closing.close(1000)
      await closing.closed(2_000)
      other.send('unhurt')
      expect(await other.message(2_000)).toBe('unhurt')
    })
  }

  kit.test('observe hears of every exception', async (it) => {
    const before = (await it.trace(undefined, 0, 'observed')).length
    const socket = await it.open(`/socket/${it.room}?close=sync`)
    socket.message('fail', { how: 'sync' })
    socket.request('throwOut', 1, { how: 'text' })
    await socket.take(2)
    socket.close(1000)
    await it.link(`/raw-fail/${it.room}/open/async`)
    const heard = await it.trace((notes) => notes.length >= before + 4, 3_000, 'observed')
    expect(heard.length - before).toBe(4)
  })

  kit.test('a SocketError is told: code, message, retryAfter', async (it) => {
    const socket = await it.open()
    socket.request('throwOut', 1, { how: 'refusal' })
    const error = { code: 'conflict', message: 'already taken', retryAfter: 1500 }
    expect(await socket.next()).toEqual({ id: 1, error })
    socket.request('throwOut', 2, { how: 'async-refusal' })
    expect(await socket.next()).toEqual({
      id: 2,
      error: { code: 'not_found', message: 'no such thing' },
    })
    socket.message('fail', { how: 'refusal' })
    expect(await socket.next()).toEqual({ error })
  })

  kit.test('a SocketError of any length stays within 2 KiB', async (it) => {
    const socket = await it.open()
    socket.request('throwOut', 1, { how: 'long-refusal' })
    const text = (await socket.raw()) as string
    expect(text.length).toBeLessThanOrEqual(2048)
    expect(JSON.parse(text).error.code).toBe('conflict')
  })

  for (const how of ['circular', 'bigint', 'hostile-json']) {
    kit.attack(`a reply that is no JSON (${how}) is internal`, async (it) => {
      const socket = await it.open()
      socket.request('throwOut', 1, { how })
      const frame = await socket.next()
      expect(frame.id).toBe(1)
      internal(frame)
    })
  }

  kit.attack('a schema that throws is no end', async (it) => {
    const socket = await it.open()
    socket.message('throwing', 1)
    const frame = await socket.next()
    expect(['invalid', 'internal']).toContain(frame.error.code)
    expect(JSON.stringify(frame)).not.toContain('secret')
  })

  function internal(frame: Json): void {
    expect(frame.error.code).toBe('internal')
    expect(typeof frame.error.message).toBe('string')
    expect(JSON.stringify(frame)).not.toContain('secret')
  }
}

import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Json, Session } from '../session.ts'

/** Channels that remember: who comes back gets all that it missed, once and in order, or is told to begin anew. */
export function history(kit: Kit): void {
  const { expect } = kit
  const on = kit.given(kit.can.channels, 'a socket belongs to its own request here')
  const { hibernatesAfterMs } = kit.can

  on.test('who joins is told a position, and hears what follows by number', async (it) => {
    await say(it, 'before')
    const ann = await it.open()
    const { position, ...rest } = await join(it, ann, 1)
    expect([position[1], rest]).toEqual([1, {}])
    await say(it, 'a', 'b')
    expect(await ann.take(2)).toEqual([heard(it, 2, 'a'), heard(it, 3, 'b')])
  })

  on.test('who joins may ask for the last that were said', async (it) => {
    await say(it, 'a', 'b', 'c')
    const { position, publications } = await join(it, await it.open(), 1, { last: 2 })
    expect(position[1]).toBe(3)
    expect(publications).toEqual([said(2, 'b'), said(3, 'c')])
  })

  on.test('who was cut off and comes back gets what it missed, and what follows', async (it) => {
    const ann = await it.open()
    const { position } = await join(it, ann, 1)
    await say(it, 'a')
    const { offset } = await ann.next()
    ann.destroy()
    await say(it, 'b', 'c')
    const again = await it.open()
    const since = [position[0], offset]
    expect(await join(it, again, 1, { since })).toEqual({
      position: [position[0], 3],
      recovered: true,
      publications: [said(2, 'b'), said(3, 'c')],
    })
    await say(it, 'd')
    expect(await again.next()).toEqual(heard(it, 4, 'd'))
  })

  on.test('who has missed nothing gets nothing, though there never was anything', async (it) => {
    const { position } = await join(it, await it.open(), 1)
    const nothing = { position, recovered: true }
    expect(await join(it, await it.open(), 1, { since: position })).toEqual(nothing)
    await say(it, 'a')
    const since = [position[0], 1]
    expect(await join(it, await it.open(), 1, { since })).toEqual({
      position: since,
      recovered: true,
    })
  })

  on.test('all or nothing: an unknown epoch, a future, and what is gone', async (it) => {
    const ann = await it.open()
    await say(it, ...Array.from({ length: 310 }, (_, i) => `${i}`))
    const { position } = await join(it, ann, 1)
    const [epoch] = position
    expect(position).toEqual([epoch, 310])
    const begin = async (since: unknown, reason: string): Promise<void> => {
      const data = await join(it, await it.open(), 1, { since })
      expect(data).toEqual({ position, recovered: false, reason })
    }
    await begin(['other', 309], 'epoch')
    await begin([epoch, 311], 'epoch')
    await begin([epoch, 5], 'evicted')
    await begin([epoch, 53], 'too_many')
    const whole = await join(it, await it.open(), 1, { since: [epoch, 54] })
    expect(whole.publications).toHaveLength(256)
  })

  on.attack('a position that is none is told so', async (it) => {
    const ann = await it.open()
    const wrong = [
      'x',
      [],
      ['x'],
      ['x', -1],
      ['x', 1.5],
      ['x', 1e300],
      [1, 1],
      {},
      null,
      ['x', '1'],
    ]
    for (const [index, since] of wrong.entries()) {
      ann.frame({ type: '$join', id: index + 1, channel: `kept/${it.room}`, since })
      expect((await ann.next()).error.code).toBe('invalid')
    }
    expect((await join(it, ann, 99)).position[1]).toBe(0)
  })

  on.test('who joins while others speak misses nothing and hears nothing twice', async (it) => {
    const first = await join(it, await it.open(), 1)
    const speaking = (async () => {
      for (let i = 0; i < 10; i++) await say(it, ...Array.from({ length: 10 }, () => 'x'))
    })()
    const clients = []
    for (let i = 0; i < 5; i++) {
      const client = await it.open(undefined, { protocols: ['denwa.v1.json'] })
      await client.next()
      client.frame({ type: '$join', id: 1, channel: `kept/${it.room}`, since: first.position })
      clients.push(client)
    }
    await speaking
    for (const client of clients) {
      const { data } = await client.next()
      expect(data.recovered).toBe(true)
      const offsets = (data.publications ?? []).map(({ offset }: Json) => offset)
      while (offsets.length < 100) offsets.push((await client.next()).offset)
      expect(offsets).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    }
  })

  const sleepy = kit.given(hibernatesAfterMs !== undefined, 'no hibernation')
  const asleepMs = hibernatesAfterMs ?? 0
  sleepy.test(
    'a sleep changes nothing: the epoch, what was said, and who hears',
    async (it) => {
      const [ann, bob] = [await it.open(), await it.open()]
      const { position } = await join(it, ann, 1)
      await join(it, bob, 1)
      await say(it, 'a')
      for (const each of [ann, bob]) expect(await each.next()).toEqual(heard(it, 1, 'a'))
      bob.destroy()
      await sleep(asleepMs)
      await say(it, 'b')
      expect(await ann.next()).toEqual(heard(it, 2, 'b'))
      await sleep(asleepMs)
      expect(await join(it, await it.open(), 1, { since: [position[0], 1] })).toEqual({
        position: [position[0], 2],
        recovered: true,
        publications: [said(2, 'b')],
      })
    },
    2 * asleepMs + 20_000,
  )

  async function join(it: Scope, socket: Session, id: number, ask: object = {}): Promise<Json> {
    socket.frame({ type: '$join', id, channel: `kept/${it.room}`, ...ask })
    const { data, error } = await socket.find((frame) => frame.id === id)
    expect(error).toBe(undefined)
    return data
  }

  async function say(it: Scope, ...all: string[]): Promise<void> {
    const body = JSON.stringify(all)
    const { status } = await it.fetch(`/keep/${it.room}`, { method: 'POST', body })
    expect(status).toBe(200)
  }
}

const said = (offset: number, text: string): Json => ({ offset, type: 'said', data: { text } })

const heard = (it: Scope, offset: number, text: string): Json => ({
  channel: `kept/${it.room}`,
  ...said(offset, text),
})

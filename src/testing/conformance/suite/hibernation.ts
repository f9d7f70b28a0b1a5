import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Json } from '../session.ts'

/** State, identity and channels outlive a sleep: the same trace gives the same frames, with and without one. */
export function hibernation(kit: Kit): void {
  const { expect } = kit
  const { hibernatesAfterMs, channels } = kit.can

  kit.test('state set by a handler is there for the next one', async (it) => {
    const socket = await it.open()
    socket.request('set', 1, { count: 1 })
    expect((await socket.next()).data.extra).toEqual({ count: 1 })
    socket.request('whoami', 2)
    const { data } = await socket.next()
    expect(data.state).toMatchObject({ room: it.room, extra: { count: 1 } })
  })

  kit.attack('state that grows past 16 KiB is refused, and the old one stays', async (it) => {
    const socket = await it.open()
    socket.request('set', 1, 'kept')
    await socket.next()
    socket.request('set', 2, 'x'.repeat(20_000))
    expect((await socket.next()).error.code).toBe('internal')
    socket.request('whoami', 3)
    expect((await socket.next()).data.state.extra).toBe('kept')
  })

  kit.test('the trace without a sleep is what it should be', async (it) => {
    const frames = await trace(it, async () => {})
    expect(frames.map((frame) => frame.id ?? frame.type)).toEqual(
      channels ? [1, 2, 3, 4, 'noted', 5] : [1, 2, 4, 'noted', 5],
    )
  })

  const sleepy = kit.given(hibernatesAfterMs !== undefined, 'no hibernation')
  const asleepMs = hibernatesAfterMs ?? 0
  sleepy.test(
    'the same trace with a sleep gives the same frames',
    async (it) => {
      const objects = async (): Promise<number> =>
        (await it.trace(undefined, 0, 'objects')).filter((room) => room === it.room).length
      const awake = await trace(it, async () => {})
      const before = await objects()
      const slept = await trace(it, () => sleep(asleepMs))
      expect(slept).toEqual(awake)
      expect(await objects()).toBeGreaterThan(before)
    },
    asleepMs + 20_000,
  )

  sleepy.test(
    'ping wakes nothing; a publication and a close reach who slept',
    async (it) => {
      const [socket, closing] = [await it.open(`/socket/${it.room}?join=1`), await it.open()]
      socket.request('set', 1, 'before')
      await socket.find((frame) => frame.id === 1)
      await sleep(asleepMs)
      const asleep = await it.trace(undefined, 0, 'objects')
      socket.text('ping')
      expect(await socket.next()).toBe('pong')
      expect(await it.trace(undefined, 0, 'objects')).toEqual(asleep)
      await it.fetch(`/publish/${it.room}`, { method: 'POST', body: 'wake up' })
      expect(await socket.next()).toMatchObject({ data: { text: 'wake up' } })
      closing.close(4321, 'slept')
      expect((await closing.closed()).code).toBe(4321)
      const notes = await it.trace((all) => all.some((note) => note.startsWith('close')))
      expect(notes).toContain('close 4321 slept')
    },
    asleepMs + 20_000,
  )

  async function trace(it: Scope, pause: () => Promise<void>): Promise<Json[]> {
    const socket = await it.open(undefined, { protocols: ['denwa.v1.json'] })
    const { id } = await socket.next()
    const frames: Json[] = []
    const step = async (frame: object): Promise<void> => {
      socket.frame(frame)
      frames.push(await socket.next())
    }
    await step({ type: 'set', id: 1, data: { seen: true } })
    await step({ type: 'whoami', id: 2 })
    if (channels) await step({ type: '$join', id: 3, channel: `room/${it.room}` })
    await pause()
    await step({ type: 'whoami', id: 4 })
    expect([frames[1].data, frames.at(-1).data]).toEqual([frames.at(-1).data, frames[1].data])
    expect(frames[1].data.id).toBe(id)
    await step({ type: 'note', data: { text: 'x' } })
    await step({ type: 'echo', id: 5, data: { text: 'y' } })
    socket.request('echo', 5, { text: 'an id stays used' })
    expect((await socket.next()).error.code).toBe('bad_frame')
    expect((await socket.closed()).code).toBe(4000)
    return JSON.parse(JSON.stringify(frames).replaceAll(id, 'c_id'))
  }
}

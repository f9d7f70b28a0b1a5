import type { RawSocket } from '../../raw-client.ts'
import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Json, Session } from '../session.ts'

const MiB = 1024 * 1024
/** What is said to a client that does not read: far more than may wait. */
const pourOf = (by: string): Pour => ({
  count: by === 'event' || by === 'raw' ? 200 : 60,
  size: MiB,
})
const PROTOCOL = { protocols: ['denwa.v1.json'] }

/** What waits for a client is bounded, and who reads gets everything. */
export function slowReaders(kit: Kit): void {
  const { expect, can } = kit
  const raw = kit.given(can.tcp, 'no TCP')
  const on = raw.given(can.channels, 'a socket belongs to its own request here')

  const closed = (by: string) => async (it: Scope) => {
    const [calm, socket] = [await it.open(`/fountain/${it.room}-calm`), await stalled(it, by)]
    pour(socket, by, pourOf(by))
    calm.request('echo', 1, 'served meanwhile')
    expect(await calm.next(10_000)).toEqual({ id: 1, data: 'served meanwhile' })
    await sleep(300)
    await it.alive()
    socket.wire.resume()
    expect(await socket.closed(5_000)).toMatchObject({ code: 4202, reason: 'too slow a reader' })
    const { ns, others } = await drain(socket)
    expect(ns).toEqual(ns.map((_, i) => i))
    expect(ns.length).toBeLessThan(20)
    expect(others).toEqual([])
    const told = await it.trace((all) => all.length > 0, 8_000, basin(it))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^close 4202/)
  }
  raw.attack('events to a client that does not read: 4202', closed('event'))
  raw.attack('raw messages to a client that does not read: 4202', closed('raw'))
  on.attack('publications to a client that does not read: 4202', closed('all'))

  if (can.backpressure) {
    for (const by of ['some', 'newest'] as const) {
      on.attack(`on a ${by} channel who does not read stays, and misses some`, (it) =>
        misses(it, by),
      )
    }
  } else {
    for (const by of ['some', 'newest']) {
      on.attack(
        `on a ${by} channel who does not read is closed where nobody tells what waits: 4202`,
        closed(by),
      )
    }
  }

  async function misses(it: Scope, by: 'some' | 'newest'): Promise<void> {
    const [calm, socket] = [await it.open(`/fountain/${it.room}-calm`), await stalled(it, by)]
    pour(socket, by, pourOf(by))
    calm.request('echo', 1)
    await calm.next(10_000)
    await sleep(300)
    await it.alive()
    socket.wire.resume()
    const caughtUp = (ns: number[]): boolean => by === 'some' || ns.includes(59)
    const { ns, others } = await drain(
      socket,
      10_000,
      (all, rest) => rest.length > 0 && caughtUp(all),
    )
    expect(ns).toEqual(ns.toSorted((a, b) => a - b))
    expect(ns.slice(0, 1)).toEqual([0])
    expect(ns.length).toBeLessThan(20)
    expect(others).toEqual([{ id: 2, data: null }])
    if (by === 'newest') expect(ns.slice(-2)).toEqual([58, 59])
    // What is published from now on arrives whole.
    await sleep(300)
    pour(socket, by, { count: 4, size: 10 }, 3)
    const after = await drain(socket, 5_000, (all, rest) => all.length === 4 && rest.length === 1)
    expect(after).toEqual({ ns: [0, 1, 2, 3], others: [{ id: 3, data: null }] })
    expect(await it.trace(undefined, 0, basin(it))).toEqual([])
  }

  for (const init of [{}, PROTOCOL]) {
    const how = 'protocols' in init ? 'with' : 'without'

    kit.test(`an event of 2 MiB, and what follows at once, ${how} the protocol`, async (it) => {
      const socket = await fountainOf(it, init)
      socket.frame([pouring('event', { count: 1, size: 2 * MiB }), { type: 'echo', id: 3 }])
      const frames = (await socket.take(3, 10_000)) as Json[]
      expect(frames.map(({ id, type }) => id ?? type).toSorted()).toEqual([2, 3, 'water'])
      expect(frames.find(({ type }) => type === 'water').data.text).toHaveLength(2 * MiB)
      socket.request('echo', 4, 'more')
      expect(await socket.next()).toEqual({ id: 4, data: 'more' })
    })

    kit.test(`600 KiB in 600 events of one handler, ${how} the protocol`, async (it) => {
      const socket = await fountainOf(it, init)
      await arrives(socket, 'event', { count: 600, size: 1024 })
    })

    kit
      .given(can.channels, 'a socket belongs to its own request here')
      .test(`600 KiB in 600 publications of one handler, ${how} the protocol`, async (it) => {
        const socket = await fountainOf(it, init)
        socket.frame({ type: '$join', id: 1, channel: `all/${it.room}` })
        await socket.next()
        await arrives(socket, 'all', { count: 600, size: 1024 })
      })
  }

  kit
    .given(can.backpressure, 'nobody tells what waits here, so that nobody gets more than a budget')
    .test('32 MiB to a client that reads arrive whole', async (it) => {
      const socket = await fountainOf(it, PROTOCOL)
      for (let id = 2; id < 34; id++)
        await arrives(socket, 'event', { count: 4, size: MiB / 4 }, id)
    })

  kit.test('3 MiB to a client that reads arrive whole', async (it) => {
    const socket = await fountainOf(it, PROTOCOL)
    for (let id = 2; id < 50; id++) await arrives(socket, 'event', { count: 64, size: 1024 }, id)
  })

  async function fountainOf(it: Scope, init: object): Promise<Session> {
    const socket = await it.open(`/fountain/${it.room}`, init)
    if ('protocols' in init) expect((await socket.next()).type).toBe('$welcome')
    return socket
  }

  /** All of it, in order, and the reply. */
  async function arrives(socket: Session, by: string, what: Pour, id = 2): Promise<void> {
    socket.frame(pouring(by, what, id))
    const frames = (await socket.take(what.count + 1, 10_000)) as Json[]
    const ns = frames.filter((frame) => frame.id === undefined).map(({ data }) => data.n)
    expect(ns).toEqual(Array.from({ length: what.count }, (_, i) => i))
    expect(frames.filter((frame) => frame.id !== undefined)).toEqual([{ id, data: null }])
  }
}

interface Pour {
  count: number
  size: number
}

const pouring = (by: string, pour: Pour, id = 2): object => ({
  type: 'pour',
  id,
  data: { by, ...pour },
})

function pour(socket: RawSocket, by: string, what: Pour, id?: number): void {
  if (by === 'raw') socket.send(`pour ${what.count} ${what.size}`)
  else socket.send(JSON.stringify(pouring(by, what, id)))
}

/** The room of a fountain alone: whether the server lives is asked in the test's own. */
const basin = (it: Scope): string => `${it.room}-basin`

/** A client that has joined what it has to, and does not read any more. */
async function stalled(it: Scope, by: string): Promise<RawSocket> {
  const kind = by === 'raw' ? 'raw-fountain' : 'fountain'
  const socket = await it.socket(`/${kind}/${basin(it)}`, by === 'raw' ? {} : PROTOCOL)
  if (by !== 'raw') await socket.next()
  if (by !== 'raw' && by !== 'event') {
    socket.send(JSON.stringify({ type: '$join', id: 1, channel: `${by}/${basin(it)}` }))
    await socket.next()
  }
  socket.wire.pause()
  return socket
}

/** What it was told: the numbers of what was poured, and all else; until `done`, or nothing more comes. */
async function drain(
  socket: RawSocket,
  timeoutMs = 1_000,
  done: (ns: number[], others: Json[]) => boolean = () => false,
): Promise<{ ns: number[]; others: Json[] }> {
  const ns: number[] = []
  const others: Json[] = []
  const deadline = Date.now() + timeoutMs
  while (!done(ns, others)) {
    let message: string
    try {
      message = String(await socket.next(Math.max(1, deadline - Date.now())))
    } catch {
      break
    }
    // Raw messages carry no number.
    if (message.startsWith('x')) ns.push(ns.length)
    else {
      for (const frame of [JSON.parse(message)].flat()) {
        if (frame.data?.n === undefined) others.push(frame)
        else ns.push(frame.data.n)
      }
    }
  }
  return { ns, others }
}

import { type Kit, type Scope, sleep } from '../kit.ts'
import type { Session } from '../session.ts'

const PATHS = ['fountain', 'raw-fountain'] as const
/** An alarm of a Durable Object goes off at full seconds. */
const BOUND_MS = 5_000

/** How long a connection lasts: not while nothing is said, not for ever, and its end not either. */
export function lifetime(kit: Kit): void {
  const { expect, can } = kit
  const raw = kit.given(can.tcp, 'no TCP')

  kit.test('who says nothing is closed with 4201', async (it) => {
    await both(it, '/idle', async (socket) => {
      expect(await socket.closed(BOUND_MS)).toMatchObject({ code: 4201, reason: 'idle' })
    })
    expect((await closes(it)).every((note) => note.startsWith('close 4201'))).toBe(true)
  })

  kit.test('who says something now and then stays', async (it) => {
    await both(it, '/idle', async (socket) => {
      for (let i = 0; i < 20; i++) {
        socket.message('splash')
        await sleep(80)
      }
      socket.request('echo', 1, 'here')
      expect(JSON.stringify(await socket.find((frame) => frame.id === 1))).toContain('here')
    })
  })

  kit.test('who gets too old is closed with 4200', async (it) => {
    await both(it, '/age', async (socket) => {
      expect(await socket.closed(BOUND_MS)).toMatchObject({ code: 4200, reason: 'age' })
    })
    expect((await closes(it)).every((note) => note.startsWith('close 4200'))).toBe(true)
  })

  kit.test('pings do not count as something said', async (it) => {
    const socket = await it.open(`/idle/fountain/${it.room}`)
    const ping = async (): Promise<void> => {
      for (let ms = 0; ms < BOUND_MS; ms += 50) {
        for (const text of ['ping', 'pong']) socket.text(text)
        await sleep(50)
      }
    }
    ping().catch(() => {})
    // A client that speaks into the Close may not see it.
    await socket.closed(BOUND_MS)
    expect((await it.trace((all) => all.length > 0))[0]).toMatch(/^close 4201/)
  })

  kit.test('a handler at work may finish; then comes $bye, and nothing after it', async (it) => {
    const socket = await it.open(`/age/fountain/${it.room}`)
    socket.request('wait', 1, { ms: 900 })
    expect(await socket.take(2, BOUND_MS)).toEqual([
      { id: 1, data: { ms: 900 } },
      { type: '$bye', code: 'age', retry: [0, 1000] },
    ])
    expect((await socket.closed(BOUND_MS)).code).toBe(4200)
  })

  raw.attack(
    'a peer that never answers Close: told within 5 s, once',
    async (it) => {
      const sockets = await Promise.all(
        PATHS.map((path) => it.socket(`/age/${path}/${it.room}-${path}`, { autoClose: false })),
      )
      for (const socket of sockets) expect((await socket.closed(BOUND_MS)).code).toBe(4200)
      const started = Date.now()
      for (const [i, path] of PATHS.entries()) {
        const told = await it.trace((all) => all.length > 0, 8_000, `${it.room}-${path}`)
        expect(told).toEqual([`close 4200 ${can.awaitsClose === 'never'}`])
        if (can.awaitsClose === 'for ever') expect(sockets[i]?.wire.end).toBeUndefined()
        else await sockets[i]?.ended()
      }
      expect(Date.now() - started).toBeLessThan(7_000)
    },
    25_000,
  )

  function both(
    it: Scope,
    policy: string,
    body: (socket: Session) => Promise<void>,
  ): Promise<void[]> {
    return Promise.all(
      PATHS.map(async (path) => body(await it.open(`${policy}/${path}/${it.room}`))),
    )
  }

  async function closes(it: Scope): Promise<string[]> {
    const notes = await it.trace((all) => all.length === PATHS.length)
    expect(notes).toHaveLength(PATHS.length)
    return notes
  }
}

import type { RawSocket } from '../../raw-client.ts'
import { type Kit, type Scope, sleep } from '../kit.ts'

/** Both kinds of socket, behind a heartbeat of 300 and 200 ms. */
const PATHS = ['/beat/fountain', '/beat/raw-fountain'] as const
/** Several intervals and timeouts. */
const LONG_MS = 1_500

/** A client that lives stays, and one that has vanished does not. */
export function heartbeat(kit: Kit): void {
  const { expect, can } = kit
  const raw = kit.given(can.tcp, 'no TCP')

  for (const [policy, beat, wait] of [
    ['', 25_000, 10_000],
    ['/beat', 300, 200],
    ['/overridden', 20_000, 7_000],
  ] as const) {
    kit.test(
      `the welcome has ${beat} and ${wait} ms ${policy && `behind ${policy}`}`,
      async (it) => {
        const socket = await it.open(`${policy}/fountain/${it.room}`, PROTOCOL)
        expect(await socket.next()).toMatchObject({ type: '$welcome', beat, wait })
      },
    )
  }

  kit.test('pong from a client is not answered, and no handler hears of it', async (it) => {
    const socket = await it.open(`/beat/fountain/${it.room}`)
    socket.text('pong')
    socket.request('echo', 1, 'x')
    expect(await socket.next()).toEqual({ id: 1, data: 'x' })
  })

  raw.attack('a client that answers pings stays', async (it) => {
    const sockets = await Promise.all(PATHS.map((path) => open(it, path, {})))
    for (const socket of sockets) answerPings(socket)
    await sleep(LONG_MS)
    await Promise.all(sockets.map(lives))
  })

  raw.attack('a client that only speaks stays', async (it) => {
    const sockets = await Promise.all(PATHS.map((path) => open(it, path, { autoPong: false })))
    for (let ms = 0; ms < LONG_MS; ms += 100) {
      for (const socket of sockets) socket.send('{"type":"splash"}')
      await sleep(100)
    }
    await Promise.all(sockets.map(lives))
  })

  raw.attack('a typed client that falls silent is found: 4201', async (it) => {
    const started = Date.now()
    const socket = await open(it, PATHS[0], SILENT)
    if (can.silence === 'awake') {
      await sleep(LONG_MS)
      expect(socket.wire.end).toBeUndefined()
      expect(await it.trace()).toEqual([])
      await it.fetch(`/fountain/${it.room}`, { method: 'POST' })
    }
    await isFound(it, socket, started)
  })

  raw.attack(
    can.silence === 'text' || can.silence === 'awake'
      ? 'a raw client that falls silent stays'
      : 'a raw client that falls silent is found: 4201',
    async (it) => {
      const started = Date.now()
      const socket = await open(it, PATHS[1], SILENT)
      if (can.silence !== 'text' && can.silence !== 'awake') return isFound(it, socket, started)
      await sleep(LONG_MS)
      return lives(socket)
    },
  )

  async function open(it: Scope, path: string, options: object): Promise<RawSocket> {
    const init = path === PATHS[0] ? PROTOCOL : {}
    const socket = await it.socket(`${path}/${it.room}`, { ...init, ...options })
    if (path === PATHS[0]) expect(JSON.parse(`${await socket.next()}`).type).toBe('$welcome')
    return socket
  }

  async function isFound(it: Scope, socket: RawSocket, started: number): Promise<void> {
    const { code } = await socket.closed(5_000)
    expect(code).toBe(can.silence === 'runtime' ? 1001 : 4201)
    const notes = await it.trace((all) => all.length > 0)
    // The bound is half a second, and what a busy machine adds to it.
    expect(Date.now() - started).toBeLessThan(LONG_MS + 2_000)
    await sleep(100)
    expect([notes, await it.trace()]).toEqual([['close 4201 false'], ['close 4201 false']])
    if (can.awaitsClose !== 'for ever' || can.silence === 'runtime') await socket.ended()
  }

  async function lives(socket: RawSocket): Promise<void> {
    socket.send('{"type":"echo","id":1,"data":"here"}')
    for (;;) if (String(await socket.next()).includes('here')) return
  }
}

const PROTOCOL = { protocols: ['denwa.v1.json'] }
const SILENT = { autoPong: false, autoClose: false }

/** As a client of the protocol does, where the runtime has no pings. */
function answerPings(socket: RawSocket): void {
  const answer = async (): Promise<void> => {
    for (;;) {
      const frame = await socket.nextFrame(10_000)
      if (frame.opcode === 1 && String(frame.payload) === 'ping') socket.send('pong')
    }
  }
  answer().catch(() => {})
}

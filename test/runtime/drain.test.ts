import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import {
  connect,
  dial,
  httpRequest,
  readAnswer,
  request,
  upgradeRequest,
} from '../../src/testing/raw-client.ts'
import type { RawSocket } from '../../src/testing/raw-client.ts'
import { type Launched, launch } from '../../tools/launch.ts'
import { type Member, crowd } from './drain/crowd.ts'

const PROTOCOL = ['denwa.v1.json']
/** How much later than it should a busy machine may be. */
const SLACK_MS = 2500

let server: Launched | undefined
afterEach(() => server?.close())

/** Starts a server that is drained for that long on SIGTERM. */
async function start(runtime: 'node' | 'bun' | 'deno', drainMs: number, name: string = runtime) {
  const entry = `${import.meta.dirname}/drain/${name}.ts`
  server = await launch({ runtime, entry, env: { DRAIN_MS: String(drainMs) } })
  const { url, kill, exited, stderr } = server
  let since = 0
  return {
    url,
    stderr,
    terminate(): void {
      since = performance.now()
      kill('SIGTERM')
    },
    /** How it exited, and how long that took. */
    ended: async () => ({ code: await exited, ms: performance.now() - since }),
  }
}

/** The next frame that is no tick, of messages that may be arrays. */
async function next(socket: RawSocket, wanted: (frame: any) => boolean): Promise<any> {
  for (;;) {
    const frames = [JSON.parse(String(await socket.next(10_000)))].flat()
    const found = frames.find(wanted)
    if (found) return found
  }
}

const hasReply = ({ frames }: Member): boolean =>
  frames.some(({ id, data }) => id === 1 && data === 'done')

describe.each(['node', 'bun', 'deno'] as const)('%s, on SIGTERM', (runtime) => {
  test('2,000 clients are told to come back, each at another time, and nothing is lost', async () => {
    const { url, terminate, ended, stderr } = await start(runtime, 3000)
    const typed = await crowd(url, 1900, { target: '/typed', protocols: PROTOCOL })
    const plain = await crowd(url, 50, { target: '/typed' })
    const raw = await crowd(url, 50, { target: '/raw' })
    const all = [...typed, ...plain, ...raw]
    const asking = [...typed.slice(0, 20), ...typed.slice(-20), ...plain.slice(0, 10)]
    for (const member of asking) member.send({ type: 'slow', id: 1, data: { ms: 1000 } })
    const handshake = await dial(url)
    handshake.write(upgradeRequest(url, { target: '/thinks' }))
    const patient = { timeout: 30_000 }
    await expect
      .poll(
        () => asking.every(({ frames }) => frames.some(({ type }) => type === 'begun')),
        patient,
      )
      .toBe(true)
    await expect
      .poll(async () => (await request(url, { target: '/thinking' })).body, patient)
      .toBe('1')

    terminate()
    const thinking = await readAnswer(handshake, 10_000)
    expect([thinking.status, thinking.header('retry-after')]).toEqual([503, '1'])
    const late = await request(url, {
      target: '/typed',
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    })
    expect([late.status, late.header('retry-after')]).toEqual([503, '1'])
    expect((await request(url, { target: '/health' })).body).toBe('ok')

    const { code, ms } = await ended()
    await Promise.all(all.map(({ ended }) => ended))
    expect({ code, stderr: stderr() }).toEqual({ code: 0, stderr: '' })
    expect(ms).toBeLessThan(3000 + SLACK_MS)
    expect(new Set(all.map((member) => member.code))).toEqual(new Set([1012]))
    expect(all.filter(({ surplus }) => surplus > 0)).toEqual([])
    // All within the same 4.5 s, which begin when the last is told.
    for (const { last } of [...typed, ...plain]) {
      expect(last).toMatchObject({ type: '$bye', code: 'restart' })
      const [from, to] = last.retry
      expect([from >= 500 && from <= 2000, to - from]).toEqual([true, 4500])
    }
    for (const member of raw) expect(member.last).toBeUndefined()
    expect(asking.filter((member) => !hasReply(member))).toEqual([])
    expect(typed.filter(({ ticks }) => ticks === 0)).toEqual([])
    // In half of its time, in groups.
    const times = all.map(({ closedAt }) => closedAt).toSorted((a, b) => a - b)
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(800)
    expect(new Set(times.map((at) => Math.floor(at / 100))).size).toBeGreaterThan(6)
  }, 90_000)

  test('who does not come to an end is cut off in time', async () => {
    const { url, terminate, ended, stderr } = await start(runtime, 1000)
    const silent = { autoClose: false, protocols: PROTOCOL }
    const stalls = await connect(url, { target: '/typed', ...silent })
    const works = await connect(url, { target: '/typed', protocols: PROTOCOL })
    works.send('{"type":"endless","id":1}')
    await next(works, ({ type }) => type === 'begun')
    const events = await dial(url)
    events.write(httpRequest(url, { target: '/events' }))
    await events.take((bytes) => (bytes.length > 12 ? [bytes, 0] : undefined), 2_000, 'answer')
    const idle = await dial(url)

    const since = performance.now()
    terminate()
    expect(await next(stalls, ({ type }) => type === '$bye')).toMatchObject({ code: 'restart' })
    const first = await Promise.race([stalls, works].map((each) => each.closed().then(() => each)))
    expect([first === stalls, (await stalls.closed()).code]).toEqual([true, 1012])
    expect(await next(works, ({ id, type }) => id === 1 || type === '$bye')).toMatchObject({
      code: 'restart',
    })
    expect((await works.closed()).code).toBe(1012)
    expect(performance.now() - since).toBeGreaterThan(490)
    const { code, ms } = await ended()
    expect({ code, stderr: stderr() }).toEqual({ code: 0, stderr: '' })
    expect(ms).toBeGreaterThan(990)
    expect(ms).toBeLessThan(1000 + SLACK_MS)
    for (const each of [events, idle, stalls, works]) each.destroy()
  })

  test('an answer in flight arrives, though the sockets are gone', async () => {
    const { url, terminate, ended } = await start(runtime, 3000)
    const socket = await connect(url, { target: '/raw' })
    const answer = request(url, { target: '/slow?ms=800' })
    const idle = await dial(url)
    await sleep(100)
    terminate()
    expect((await socket.closed()).code).toBe(1012)
    expect((await answer).body).toBe('slow')
    const { code, ms } = await ended()
    expect(code).toBe(0)
    expect(ms).toBeLessThan(3000)
    idle.destroy()
  })

  test('without time it ends at once, and says so', async () => {
    const { url, terminate, ended, stderr } = await start(runtime, 0)
    const socket = await connect(url, { target: '/typed', protocols: PROTOCOL })
    const stalls = await connect(url, { target: '/raw', autoClose: false })
    socket.send('{"type":"endless","id":1}')
    await next(socket, ({ type }) => type === 'begun')
    const answer = request(url, { target: '/slow?ms=5000' }).then(undefined, () => 'cut')
    await sleep(100)
    terminate()
    for (const each of [socket, stalls]) expect((await each.closed()).code).toBe(1001)
    expect(await answer).toBe('cut')
    const { code, ms } = await ended()
    expect({ code, stderr: stderr() }).toEqual({ code: 0, stderr: '' })
    expect(ms).toBeLessThan(SLACK_MS)
    for (const each of [socket, stalls]) each.destroy()
  })

  test('who has a server of their own ends the sockets first', async () => {
    const { url, terminate, ended, stderr } = await start(runtime, 1000, `${runtime}-own`)
    const socket = await connect(url, { target: '/typed', protocols: PROTOCOL })
    socket.send('{"type":"slow","id":1,"data":{"ms":300}}')
    await next(socket, ({ type }) => type === 'begun')
    terminate()
    expect(await next(socket, ({ id, type }) => id === 1 || type === '$bye')).toMatchObject({
      data: 'done',
    })
    expect((await socket.closed()).code).toBe(1012)
    const { code, ms } = await ended()
    expect({ code, stderr: stderr() }).toEqual({ code: 0, stderr: '' })
    expect(ms).toBeLessThan(1000 + SLACK_MS)
  })
})

import { Hono } from 'hono'
import { afterAll, describe, expect, test } from 'vitest'
import { handler } from '../../src/cloudflare.ts'
import {
  connect,
  dial,
  httpRequest,
  request,
  upgradeRequest,
  type Wire,
} from '../../src/testing/raw-client.ts'
import { launch } from '../../tools/launch.ts'

const entryOf = (name: string): string => `${import.meta.dirname}/regressions/${name}.ts`
const loopback = /^(::ffff:)?127\.0\.0\.1$/

async function json(url: string, target: string): Promise<unknown> {
  return JSON.parse((await request(url, { target })).body)
}

async function expectHealth(url: string): Promise<void> {
  expect((await request(url, { target: '/health' })).body).toBe('ok')
}

/** The first bytes of an answer, or '' where the connection ends without one. */
function firstBytes(wire: Wire, timeoutMs: number): Promise<string> {
  const line = wire.take(
    (bytes) => (bytes.length > 12 ? [bytes.toString('latin1'), 0] : undefined),
    timeoutMs,
    'status line',
  )
  return line.catch((error: Error) => {
    if (error.message.startsWith('the connection ended')) return ''
    throw error
  })
}

describe.each(['node', 'bun', 'deno'] as const)('%s', async (runtime) => {
  const server = await launch({ runtime, entry: entryOf(runtime) })
  afterAll(() => server.close())
  const { url } = server

  test('an endless stream asked for as a handshake is answered, and ends', async () => {
    const wire = await dial(url)
    wire.write(upgradeRequest(url, { target: '/stream' }))
    const first = await firstBytes(wire, 3_000)
    if (runtime === 'bun') expect(first).toMatch(/^HTTP\/1\.1 \d{3}/)
    expect(first).not.toMatch(/^HTTP\/1\.1 101/)
    await expectHealth(url)
    wire.destroy()
    await expect.poll(() => json(url, '/live'), { timeout: 3_000 }).toBe(0)
    await expectHealth(url)
  })

  test('an endless stream asked for plainly ends with its client', async () => {
    const wire = await dial(url)
    wire.write(httpRequest(url, { target: '/stream' }))
    expect(await firstBytes(wire, 3_000)).toMatch(/^HTTP\/1\.1 200/)
    expect(await json(url, '/live')).toBe(1)
    wire.destroy()
    await expect.poll(() => json(url, '/live'), { timeout: 3_000 }).toBe(0)
  })

  test('a handshake can be answered without a body', async () => {
    const wire = await dial(url)
    wire.write(upgradeRequest(url, { target: '/empty' }))
    expect(await firstBytes(wire, 2_000)).toMatch(/^HTTP\/1\.1 204/)
    wire.destroy()
    await expectHealth(url)
  })

  test('getConnInfo tells the address, in front of a socket too', async () => {
    expect((await request(url, { target: '/address' })).body).toMatch(loopback)
    const socket = await connect(url, { target: '/addressed' })
    expect(socket.answer.header('x-address')).toMatch(loopback)
    socket.destroy()
  })

  test('the close handler runs after the handler that closed', async () => {
    const socket = await connect(url, { target: '/order' })
    socket.send('go')
    await socket.closed()
    await expect.poll(() => json(url, '/notes')).toEqual(['before', 'after', 'closed'])
  })

  test('a refusal that no JSON can carry is an error frame all the same', async () => {
    const socket = await connect(url, { target: '/failing' })
    socket.send('{"type":"fail","id":1}')
    const { id, error } = JSON.parse(String(await socket.next()))
    expect([id, error.code]).toEqual([1, 'rate_limited'])
    socket.send('{"type":"fail"}')
    expect(JSON.parse(String(await socket.next())).error.code).toBe('rate_limited')
    await expectHealth(url)
    socket.destroy()
  })

  test('an observer that rejects harms nothing', async () => {
    const socket = await connect(url, { target: '/failing' })
    socket.send('{"type":"bug","id":1}')
    expect(JSON.parse(String(await socket.next())).error.code).toBe('internal')
    // An unhandled rejection would end the process a turn later.
    await new Promise((resolve) => setTimeout(resolve, 100))
    await expectHealth(url)
    socket.destroy()
  })

  if (runtime === 'node')
    test('no 101 overtakes the answer before it', async () => {
      const wire = await dial(url)
      wire.write(httpRequest(url, { target: '/slow' }) + upgradeRequest(url, { target: '/raw' }))
      await wire.ended(1_000).catch(() => undefined)
      wire.destroy()
      const text = (await wire.rest()).toString('latin1')
      if (text !== '') expect(text).toMatch(/^HTTP\/1\.1 200/)
      await expectHealth(url)
    })

  if (runtime === 'deno')
    test('a socket of hono/deno beside it still upgrades', async () => {
      const socket = await connect(url, { target: '/sibling' })
      socket.send('hi')
      expect(await socket.next()).toBe('sibling hi')
      socket.destroy()
      await expectHealth(url)
      const own = await connect(url, { target: '/raw' })
      own.send('hi')
      expect(await own.next()).toBe('hi')
      own.destroy()
    })
})

describe('worker', async () => {
  const server = await launch({ runtime: 'worker', entry: entryOf('worker') })
  afterAll(() => server.close())
  const { url } = server

  test('a plain Worker has no channel to join', async () => {
    const socket = await connect(url, { target: '/rooms' })
    socket.send('{"type":"enter","id":1,"data":"42"}')
    const { id, error } = JSON.parse(String(await socket.next()))
    expect([id, error.code]).toEqual([1, 'internal'])
    const told = expect.stringMatching(/^request enter: TypeError: /)
    expect(await json(url, '/errors')).toContainEqual(told)
    await expectHealth(url)
    socket.destroy()
  })

  test('a limit that is no number is refused', () => {
    expect(() => handler(new Hono(), { maxMessageBytes: NaN })).toThrow(RangeError)
  })
})

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { type RawSocket, connect, encodeFrame } from '../../src/testing/raw-client.ts'
import { launch } from '../../tools/launch.ts'
import { MiB, growth, resident } from '../support/memory.ts'

const servers = join(import.meta.dirname, '../conformance/server')

/** Clients that do not read what they have made the server say. */
describe.each(['node', 'bun', 'deno'] as const)('%s', async (runtime) => {
  const server = await launch({ runtime, entry: join(servers, `${runtime}.ts`) })
  afterAll(() => server.close())
  const { url, pid } = server
  let rooms = 0

  /** A client that does not read, from now on. */
  async function stalled(path: string): Promise<RawSocket> {
    const socket = await connect(url, { target: `${path}/stalled${rooms++}`, autoPong: false })
    socket.wire.pause()
    return socket
  }

  async function lives(): Promise<void> {
    const socket = await connect(url, { target: '/fountain/fresh' })
    socket.send('{"type":"echo","id":1}')
    expect(await socket.next(10_000)).toBe('{"id":1,"data":null}')
    socket.destroy()
  }

  test.each([
    [
      'events',
      '/fountain',
      '{"type":"pour","id":1,"data":{"by":"event","count":200,"size":1048576}}',
    ],
    ['raw messages', '/raw-fountain', 'pour 200 1048576'],
  ])('200 MiB of %s cost less than 8', async (_, path, pour) => {
    const grown = await growth(
      pid,
      async () => {
        // Kept: what it waits for is what is measured.
        const socket = await stalled(path)
        socket.send(pour)
        await sleep(300)
        await lives()
      },
      3,
    )
    expect(grown).toBeLessThan(8 * MiB)
  })

  test.each([
    ['texts', encodeFrame({ opcode: 1, payload: 'ping' })],
    ['frames', encodeFrame({ opcode: 9, payload: 'x'.repeat(125) })],
  ])('half a million pings, %s, whose answers nobody reads, cost little', async (_, ping) => {
    const many = Buffer.concat(Array.from({ length: 5_000 }, () => ping))
    const flood = async (): Promise<void> => {
      const socket = await stalled('/fountain')
      for (let i = 0; i < 100 && socket.wire.end === undefined; i++) {
        socket.wire.write(many)
        await sleep(1)
      }
      await lives()
      socket.destroy()
    }
    // What was in use once may stay: a task for each answer would be 200 MiB.
    const before = await resident(pid, 3)
    await flood()
    expect((await resident(pid, 3)) - before).toBeLessThan(100 * MiB)
    expect(await growth(pid, flood, 2)).toBeLessThan(20 * MiB)
  })
})

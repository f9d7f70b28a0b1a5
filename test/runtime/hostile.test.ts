import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { app } from '../../examples/echo/app.ts'
import { upgradeListener } from '../../src/node.ts'
import {
  connect,
  dial,
  encodeFrame,
  readAnswer,
  upgradeRequest,
} from '../../src/testing/raw-client.ts'
import { launch } from '../../tools/launch.ts'
import { MiB, resident } from '../support/memory.ts'

const entries = join(import.meta.dirname, '../../examples/echo')

describe.each(['node', 'bun', 'deno'] as const)('%s', async (runtime) => {
  const server = await launch({ runtime, entry: join(entries, `${runtime}.ts`) })
  afterAll(() => server.close())
  const { url, pid } = server

  /** What an attack leaves behind that has been tried before: the first time warms up. */
  async function growth(attack: () => Promise<void>): Promise<number> {
    await attack()
    const before = await resident(pid)
    await attack()
    return (await resident(pid)) - before
  }

  test('a claimed length costs nothing', async () => {
    const grown = await growth(async () => {
      for (const length of [2n ** 62n, 2n ** 63n + 5n, 2n ** 40n, 2n ** 28n]) {
        const socket = await connect(url, { target: '/raw' })
        socket.wire.write(encodeFrame({ opcode: 2, length, payload: 'x' }))
        await socket.closed(1_000)
      }
    })
    expect(grown).toBeLessThan(5 * MiB)
  })

  // Deno keeps what has begun and never ends: see docs/deno.md.
  if (runtime !== 'deno') {
    test('two million fragments of one byte cost little', async () => {
      const fragment = encodeFrame({ opcode: 0, fin: false, payload: 'x' })
      const many = Buffer.concat(Array.from({ length: 10_000 }, () => fragment))
      const grown = await growth(async () => {
        const socket = await connect(url, { target: '/raw' })
        socket.wire.write(encodeFrame({ opcode: 1, fin: false, payload: 'x' }))
        for (let i = 0; i < 200 && socket.wire.end === undefined; i++) {
          socket.wire.write(many)
          await sleep(1)
        }
        socket.destroy()
      })
      expect(grown).toBeLessThan(20 * MiB)
    })
  }

  // Garbage may wait for its collection; what stays would be all of the 100 MiB.
  test('messages over the limit do not pile up', async () => {
    const large = encodeFrame({ opcode: 2, payload: new Uint8Array(MiB) })
    const grown = await growth(async () => {
      for (let i = 0; i < 100; i++) {
        const socket = await connect(url, { target: '/raw' })
        socket.wire.write(large)
        await socket.closed(2_000)
      }
    })
    expect(grown).toBeLessThan(50 * MiB)
  })
})

describe('node', () => {
  test('a second upgrade listener changes nothing', async () => {
    const server = createServer()
    server.on('upgrade', upgradeListener(app))
    server.on('upgrade', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const wire = await dial(url)
      const headers = { 'sec-websocket-version': '8' }
      wire.write(upgradeRequest(url, { target: '/echo', headers }))
      const answer = await readAnswer(wire)
      expect(answer.status).toBe(426)
      await wire.ended(1_000)
      expect((await wire.rest()).length).toBe(0)
      const socket = await connect(url, { target: '/raw' })
      socket.send('hi')
      expect(await socket.next()).toBe('hi')
      socket.destroy()
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

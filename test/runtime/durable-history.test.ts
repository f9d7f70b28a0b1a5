import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { connect, request } from '../../src/testing/raw-client.ts'
import { type Launched, launch } from '../../tools/launch.ts'
import { Client, type Json, PATIENCE_MS, say } from './durable/client.ts'
import { serveEvicting } from './durable/miniflare.ts'

vi.setConfig({ testTimeout: 60_000 })

describe('a runtime that is killed', () => {
  const durableStorage = mkdtempSync(join(tmpdir(), 'denwa-history-'))
  let server: Launched | undefined
  afterAll(async () => {
    await server?.close()
    rmSync(durableStorage, { recursive: true, force: true })
  })

  async function restart(): Promise<string> {
    server?.kill('SIGKILL')
    await server?.exited
    const entry = `${import.meta.dirname}/durable/history/entry.ts`
    server = await launch({ runtime: 'durable', entry, durableStorage })
    return server.url
  }

  const joined = async (client: Client, since?: Json): Promise<Json> => {
    client.send({ type: '$join', id: 1, channel: 'log/kept', since })
    return (await client.find(({ id }) => id === 1)).data
  }

  test('has lost nothing that it acknowledged, and nothing begins anew', async () => {
    let url = await restart()
    const first = await joined(await Client.in(url, 'kept', 'ann'))
    const [epoch] = first.position
    const acknowledged: string[] = []
    for (let round = 0; round < 3; round++) {
      // At full speed up to the very moment.
      const dead = new AbortController()
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let i = 0; !dead.signal.aborted; i++) {
          const text = `${round} ${writer} ${i}`
          try {
            if ((await say(url, 'kept', text)).status !== 204) return
          } catch {
            return
          }
          acknowledged.push(text)
        }
      })
      const enough = (round + 1) * 25
      while (acknowledged.length < enough) await new Promise((done) => setTimeout(done, 5))
      const next = restart()
      await Promise.all(writers)
      dead.abort()
      url = await next
      const { position, recovered, publications } = await joined(
        await Client.in(url, 'kept', 'ben'),
        [epoch, 0],
      )
      expect([position[0], recovered]).toEqual([epoch, true])
      const texts = publications.map(({ data }: Json) => data.text)
      expect(publications.map(({ offset }: Json) => offset)).toEqual(
        texts.map((_: string, i: number) => i + 1),
      )
      expect(texts).toEqual(expect.arrayContaining(acknowledged))
      expect(new Set(texts).size).toBe(texts.length)
      expect(position[1]).toBe(texts.length)
    }
  })
})

describe('objects without SQLite', async () => {
  const classes = { FORGETFUL: 'Forgetful', PLAIN: 'Plain', ROOM: 'Room' }
  const server = await serveEvicting('legacy/entry.ts', classes, { useSQLite: false })
  afterAll(() => server.close())

  test('have channels that remember nothing', async () => {
    const client = await Client.at(server.url, '/forgetful/a?name=ann')
    await client.ask('say', 1, { text: 'hello' })
    await server.evict('a')
    await client.ask('say', 2, { text: 'again' })
    const plain = await connect(server.url, { target: '/plain' })
    plain.send('hello')
    expect(await plain.next()).toBe('hello')
  })

  test('say what to do where channels are to remember', async () => {
    const opening = Client.in(server.url, 'b', 'ann')
    await expect(opening).rejects.toThrow('refused with 503')
    const { body } = await request(server.url, { target: '/errors', timeoutMs: PATIENCE_MS })
    expect(JSON.parse(body).join()).toMatch(/no SQLite.* "new_sqlite_classes"/)
  })
})

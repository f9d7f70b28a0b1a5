import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { type Socket, connect } from '../../src/client/index.ts'
import { type Killable, start } from './kill/start.ts'
import { unusedPort } from './kill/unused-port.ts'
import { Client } from './durable/client.ts'

vi.setConfig({ testTimeout: 60_000 })

const dir = mkdtempSync(join(tmpdir(), 'denwa-kill-requests-'))
let server: Killable | undefined
let sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close()
  await server?.kill()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const RUNTIMES = ['node', 'bun', 'deno'] as const
let files = 0
let keys = 0
const newKey = (): string => `the key of payment ${keys++}`

/** A server, which is killed and started again. */
class Shop {
  readonly #runtime: (typeof RUNTIMES)[number]
  readonly #file = join(dir, `${files++}.db`)
  #port = 0

  constructor(runtime: (typeof RUNTIMES)[number]) {
    this.#runtime = runtime
  }

  async open(): Promise<void> {
    this.#port ||= await unusedPort()
    server = await start(this.#runtime, this.#port, this.#file)
  }

  async kill(): Promise<void> {
    await server!.kill()
  }

  get url(): string {
    return server!.url
  }

  /** How often it was paid, as the disk has it. */
  paid(what: string): number {
    try {
      const lines = readFileSync(`${this.#file}.paid`, 'utf8').split('\n')
      return lines.filter((line) => line === what).length
    } catch {
      return 0
    }
  }

  async untilPaid(what: string): Promise<void> {
    for (const late = performance.now() + 20_000; this.paid(what) === 0;) {
      if (performance.now() > late) throw new Error(`nobody has paid ${what}`)
      await sleep(5)
    }
  }

  client(path: string): Socket {
    const url = new URL(path, this.url.replace('http', 'ws'))
    const socket = connect(url, { backoff: { minMs: 50, maxMs: 200 } })
    sockets.push(socket)
    return socket
  }
}

/** The result, or the code of the error. */
function pay(socket: Socket, what: string, ms: number, key?: string): Promise<unknown> {
  const options = { timeoutMs: 30_000, ...(key !== undefined && { key }) }
  return socket.request('pay', { what, ms }, options).catch((error) => error.code)
}

async function enter(url: string, path: string): Promise<{ client: Client; keys: string }> {
  const client = await Client.at(url, path, { protocols: ['denwa.v1.json'] })
  return { client, keys: (await client.next()).keys }
}

async function ask(client: Client, id: number, what: string, more: object): Promise<any> {
  client.send({ type: 'pay', id, data: { what, ms: 0 }, ...more })
  return client.find((frame) => frame.id === id)
}

describe.each(RUNTIMES)('%s', (runtime) => {
  test.each(['/forgetful', '/careful'])(
    'killed between an effect and its answer, %s: the client is told that nobody knows',
    async (path) => {
      const shop = new Shop(runtime)
      await shop.open()
      const socket = shop.client(path)
      const answer = pay(socket, 'rent', 20_000, newKey())
      await shop.untilPaid('rent')
      await shop.kill()
      await shop.open()
      expect(await answer).toBe('connection_lost')
      expect(shop.paid('rent')).toBe(1)
      expect(await pay(socket, 'food', 0, newKey())).toEqual(expect.any(Number))
    },
  )

  test('killed after the answer: who remembers in a file gives it again', async () => {
    const shop = new Shop(runtime)
    await shop.open()
    const key = newKey()
    const { client, keys } = await enter(shop.url, '/careful')
    const paid = await ask(client, 1, 'rent', { key })
    await shop.kill()
    await shop.open()
    const next = await enter(shop.url, '/careful')
    expect(next.keys).toBe(keys)
    expect((await ask(next.client, 1, 'rent', { key, again: keys })).data).toBe(paid.data)
    expect(shop.paid('rent')).toBe(1)
    // One that never arrived
    const other = { key: newKey(), again: keys }
    expect((await ask(next.client, 2, 'food', other)).data).toEqual(expect.any(Number))
  })

  test('killed after the answer: who remembers in memory does not do it again', async () => {
    const shop = new Shop(runtime)
    await shop.open()
    const key = newKey()
    const { client, keys } = await enter(shop.url, '/forgetful')
    await ask(client, 1, 'rent', { key })
    await shop.kill()
    await shop.open()
    const next = await enter(shop.url, '/forgetful')
    const again = await ask(next.client, 1, 'rent', { key, again: keys })
    expect(again.error.code).toBe('connection_lost')
    expect(shop.paid('rent')).toBe(1)
  })

  test('killed again and again: no payment is made twice, and each ends once', async () => {
    const shop = new Shop(runtime)
    await shop.open()
    const socket = shop.client('/careful')
    const all: { what: string; ends: number; result: Promise<unknown> }[] = []
    for (let kill = 0; kill < 3; kill++) {
      for (let i = 0; i < 20; i++) {
        const one = { what: `${kill}.${i}`, ends: 0, result: Promise.resolve() as Promise<unknown> }
        one.result = pay(socket, one.what, i % 4 === 0 ? 0 : i * 20, newKey())
        void one.result.then(() => one.ends++)
        all.push(one)
      }
      await shop.untilPaid(`${kill}.0`)
      await sleep(100)
      await shop.kill()
      await shop.open()
    }
    let answered = 0
    for (const { what, result } of all) {
      const end = await result
      if (typeof end === 'number') answered++
      else expect(end, what).toBe('connection_lost')
      expect(shop.paid(what), what).toBeLessThanOrEqual(1)
      if (typeof end === 'number') expect(shop.paid(what), what).toBe(1)
    }
    expect(all.map(({ ends }) => ends)).toEqual(all.map(() => 1))
    expect(answered).toBeGreaterThan(0)
    const results = await Promise.all(all.map(({ result }) => result))
    const numbers = results.filter((result) => typeof result === 'number')
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(server!.stderr()).toBe('')
  })
})

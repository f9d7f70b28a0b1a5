import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import { request } from '../../src/testing/raw-client.ts'
import { many } from '../support/thin.ts'
import { Follower } from './kill/follower.ts'
import { type Killable, start } from './kill/start.ts'
import { unusedPort } from './kill/unused-port.ts'

const WRITERS = 4
const KILLS = 3

const dir = mkdtempSync(join(tmpdir(), 'denwa-kill-'))
let server: Killable | undefined
afterEach(() => server?.kill())
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Publishes until the server is gone; what was acknowledged is added to `acknowledged`. */
async function write(url: string, name: string, acknowledged: string[]): Promise<void> {
  for (let i = 0; ; i++) {
    const body = `${name} ${i}`
    try {
      const { status } = await request(url, { target: '/say', method: 'POST', body })
      if (status !== 204) throw new Error(`${body}: ${status}`)
    } catch {
      return
    }
    acknowledged.push(body)
  }
}

async function until(done: () => boolean): Promise<void> {
  for (const late = performance.now() + 30_000; !done();) {
    if (performance.now() > late) throw new Error('nothing is acknowledged any more')
    await sleep(1)
  }
}

test.each([
  ['node', 200],
  ['bun', 50],
  ['deno', 50],
] as const)(
  '%s, killed while it publishes to %i clients, loses nothing',
  async (runtime, count) => {
    const file = join(dir, `${runtime}.db`)
    const port = await unusedPort()
    server = await start(runtime, port, file)
    const { url } = server
    const followers = Array.from(
      { length: count },
      (_, i) => new Follower(i % 4 === 0 ? [] : ['denwa.v1.json']),
    )
    const all = (): Promise<void[]> => many(count, (i) => followers[i]!.join(url))
    await all()
    // Of each writer, for it knows its own order alone.
    const logs: string[][] = []
    const acknowledged = (): number => logs.reduce((sum, { length }) => sum + length, 0)

    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged()
      const writers = Array.from({ length: WRITERS }, (_, i) => {
        const log: string[] = []
        logs.push(log)
        return write(url, `${kill}.${i}`, log)
      })
      // Some lose their connection before, and miss more; fewer than can be recovered at once.
      const leavers = followers.filter((_, i) => i % KILLS === kill)
      for (const [i, leaver] of leavers.entries()) {
        await until(() => acknowledged() - before >= (i * 100) / leavers.length)
        leaver.leave()
      }
      await until(() => acknowledged() - before >= 120)
      expect(server.stderr()).toBe('')
      await server.kill()
      await Promise.all([...writers, ...followers.map((each) => each.cut())])
      server = await start(runtime, port, file)
      await all()
    }

    expect(followers.flatMap((each) => each.wrongs).slice(0, 5)).toEqual([])
    const { heard } = followers[0]!
    const differs = followers.findIndex((each) => textOf(each) !== textOf(followers[0]!))
    expect(differs).toBe(-1)
    expect(heard.map(({ offset }) => offset)).toEqual(heard.map((_, i) => i + 1))
    const offsets = new Map(heard.map(({ offset, data }) => [data, offset]))
    expect(offsets.size).toBe(heard.length)
    for (const log of logs) {
      expect(log.filter((text) => !offsets.has(text))).toEqual([])
      const places = log.map((text) => offsets.get(text)!)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
    }
    // Each was a leaver once: it was not by luck that there was nothing to lose.
    expect(Math.min(...followers.map(({ recovered }) => recovered))).toBeGreaterThan(0)
    console.log(
      `${runtime}: ${acknowledged()} acknowledged, ${heard.length} heard by each, ` +
        `${followers.reduce((sum, each) => sum + each.recovered, 0)} of them recovered`,
    )
  },
  90_000,
)

const textOf = ({ heard }: Follower): string => JSON.stringify(heard)

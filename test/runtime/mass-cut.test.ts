import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { request } from '../../src/testing/raw-client.ts'
import { type Launched, launch } from '../../tools/launch.ts'
import { peakOf } from '../support/bins.ts'
import { MiB } from '../support/memory.ts'
import { type Crowd, type There, crowd } from './mass-cut/crowd.ts'

const CLIENTS = 2000
/** A machine that lets a process wait for longer moves clients from one second to the next. */
const MOST_HELD_UP_MS = 250

const start = (port = 0): Promise<Launched> =>
  launch({ runtime: 'node', entry: `${import.meta.dirname}/mass-cut/node.ts`, port })

describe('2,000 clients of a server on Node that are cut at once', () => {
  let server: Launched
  let crowds: Crowd[]
  const all = (): Promise<There[]> => Promise.all(crowds.map((each) => each.all()))
  // Who was cut a moment ago waits longer than the others: each time they are new.
  beforeEach(async () => {
    server = await start()
    const url = `${server.url.replace('http', 'ws')}/socket`
    crowds = [crowd(url, CLIENTS / 2), crowd(url, CLIENTS / 2)]
    await all()
  })
  afterEach(async () => {
    for (const each of crowds) each.end()
    await server.close()
  })

  test.each([
    ['it is killed, and is back 3 s later', 'SIGKILL', 3000],
    ['it is drained, and is back at once', 'SIGTERM', 0],
  ] as const)(
    'come back when %s, no second with twice as many as the mean',
    { timeout: 60_000 },
    async (_, signal, awayMs) => {
      server.kill(signal)
      await server.exited
      await sleep(awayMs)
      server = await start(server.port)
      const there = await all()
      const { body } = await request(server.url, { target: '/came' })
      const { times, cpuMs, residentBytes } = JSON.parse(body)
      const dials = there.reduce((sum, each) => sum + each.dials, 0) / CLIENTS
      const heldUpMs = Math.max(...there.map((each) => each.heldUpMs))
      const figures = {
        peak: peakOf(times),
        cpuMs,
        residentMiB: residentBytes / MiB,
        dials,
        heldUpMs,
      }
      expect(times).toHaveLength(CLIENTS)
      expect(crowds.map((each) => each.stderr())).toEqual(['', ''])
      expect(figures.residentMiB).toBeLessThan(300)
      expect(figures.dials).toBeLessThan(8)
      if (heldUpMs < MOST_HELD_UP_MS) expect(figures.peak).toBeLessThan(2)
    },
  )
})

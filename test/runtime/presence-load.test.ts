import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { launch } from '../../tools/launch.ts'
import { many } from '../support/thin.ts'
import { Visitor } from './presence-load/visitor.ts'

const COUNT = 2_000
const SPAN_MS = 10_000
/** Who is told of; the others are counted. */
const CAP = 1_000
/** Then some of them go. */
const LEAVING = 700

/** Of all threads, in hundredths of a second. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Each in its turn, spread evenly. */
async function evenly(
  visitors: Visitor[],
  spanMs: number,
  act: (visitor: Visitor) => void,
): Promise<void> {
  const since = performance.now()
  for (const [i, visitor] of visitors.entries()) {
    const early = since + (i * spanMs) / visitors.length - performance.now()
    if (early > 0) await sleep(early)
    act(visitor)
  }
}

/** Until all know how many are there; nothing follows. */
async function settled(visitors: Visitor[], count: number): Promise<void> {
  const versions = (): number[] => [...new Set(visitors.map(({ version }) => version))]
  const counts = (): unknown[] => [...new Set(visitors.map((each) => each.count))]
  await expect
    .poll(() => [counts(), versions().length], { timeout: 30_000, interval: 100 })
    .toEqual([[count], 1])
  const last = versions()
  await sleep(500)
  expect(versions()).toEqual(last)
}

const listOf = ({ members, count }: Visitor): string =>
  JSON.stringify([count, [...members].toSorted(([a], [b]) => (a < b ? -1 : 1))])

test.each(['node', 'bun', 'deno', 'durable'] as const)(
  'on %s 2,000 that come within 10 s are told who is there, four times a second',
  async (runtime) => {
    const entry = `${import.meta.dirname}/presence-load/${runtime}.ts`
    const server = await launch({ runtime, entry })
    try {
      const visitors = await many(COUNT, async (i) => {
        const visitor = new Visitor(`n${i}`)
        await visitor.connect(server.url, i % 10 === 0 ? [] : ['denwa.v1.json'])
        return visitor
      })
      const since = performance.now()
      const before = cpuMs(server.pid)
      await evenly(visitors, SPAN_MS, (visitor) => visitor.join())
      const took = performance.now() - since
      await settled(visitors, COUNT)
      const spent = cpuMs(server.pid) - before
      const diffs = visitors.reduce((sum, each) => sum + each.diffs, 0)
      console.log(
        `${runtime}: ${COUNT} joined in ${(took / 1000).toFixed(1)} s, ` +
          `version ${visitors[0]!.version}, ${diffs} diffs, ` +
          `${(spent / 1000).toFixed(2)} s of CPU, ${((spent / took) * 100).toFixed(0)} % of a core`,
      )

      const wrongs = (): string[] => [...new Set(visitors.flatMap((each) => [...each.wrongs]))]
      expect(wrongs()).toEqual([])
      expect(new Set(visitors.map(listOf)).size).toBe(1)
      expect(visitors[0]!.members.size).toBe(CAP)
      expect(spent).toBeLessThan(took)

      // Of those told of, too: others take their place.
      const leavers = visitors.splice(500, LEAVING)
      await evenly(leavers, 500, (visitor) => visitor.leave())
      await settled(visitors, COUNT - LEAVING)
      expect(wrongs()).toEqual([])
      expect(new Set(visitors.map(listOf)).size).toBe(1)
      const names = new Set(visitors[0]!.members.values())
      expect(names.size).toBe(CAP)
      expect(leavers.filter(({ name }) => names.has(name))).toEqual([])
      for (const each of [...visitors, ...leavers]) each.destroy()
    } finally {
      await server.close()
    }
  },
  90_000,
)

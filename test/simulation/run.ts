/**
 * Many schedules, on all cores: `npm run simulate -- [count] [first seed] [kind]`. Those that fail are made
 * small and printed, to be pasted into the bank of seeds.
 */
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { printed, simulate } from './simulate.ts'
import type { Kind } from './world.ts'

const KINDS: readonly Kind[] = ['process', 'cluster', 'durable']
// A port has no origin.
/* oxlint-disable unicorn/require-post-message-target-origin */

/** Seeds that a worker takes at once. */
const SHARE = 50
const EVERY_MS = 5000

interface Share {
  readonly from: number
  readonly to: number
}

if (isMainThread) await lead()
else parentPort!.on('message', (share: Share) => void work(share))

/** Tells of what fails, and asks for more. */
async function work({ from, to }: Share): Promise<void> {
  const kinds = workerData as readonly Kind[]
  for (let seed = from; seed < to; seed++) {
    const failure = await simulate(kinds[seed % kinds.length]!, seed)
    if (failure) parentPort!.postMessage(printed(failure))
  }
  parentPort!.postMessage(to - from)
}

async function lead(): Promise<void> {
  const [count = 100_000, first = 1] = process.argv.slice(2).map(Number)
  const kind = process.argv[4] as Kind | undefined
  if (!(count > 0) || !Number.isSafeInteger(first) || (kind && !KINDS.includes(kind))) {
    console.error(`usage: npm run simulate -- [count] [first seed] [${KINDS.join('|')}]`)
    process.exit(2)
  }
  const begin = performance.now()
  let next = first
  let done = 0
  let failed = 0
  const tell = (): void => {
    const perSecond = Math.round((done / (performance.now() - begin)) * 1000)
    console.log(`${done} of ${count} seeds, ${failed} failed, ${perSecond} seeds a second`)
  }
  const telling = setInterval(tell, EVERY_MS)
  const finished = Array.from({ length: availableParallelism() }, async () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const worker = new Worker(import.meta.filename, { workerData: kind ? [kind] : KINDS })
    const share = (): void => {
      const from = next
      next = Math.min(next + SHARE, first + count)
      if (from < next) worker.postMessage({ from, to: next })
      else resolve()
    }
    worker.on('error', reject)
    worker.on('message', (message: string | number) => {
      if (typeof message === 'string') {
        failed++
        console.log(message)
        return
      }
      done += message
      share()
    })
    share()
    await promise
    await worker.terminate()
  })
  await Promise.all(finished)
  clearInterval(telling)
  tell()
  process.exit(failed > 0 ? 1 : 0)
}

// The load generator: a process of its own, one task after the other.
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { echo } from './echo.ts'
import { fanOut } from './fan-out.ts'
import { jobs } from './jobs.ts'
import type { Job, JobName } from './jobs.ts'
import { verify } from './verify.ts'
import type { Work } from './work.ts'

export interface Task {
  job: JobName
  port: number
  pid: number
  subprotocol?: string | undefined
  warmUpMs: number
  measureMs: number
}
export interface Figures {
  messages: number
  wallMs: number
  /** CPU time of all threads; NaN where the system does not tell. */
  serverMs: number
  loadMs: number
}

async function run({ job: name, port, pid, subprotocol, ...time }: Task): Promise<Figures> {
  const job: Job = jobs[name]
  const target = { port, path: job.path, subprotocol }
  await verify(job, target)

  let failed: Error | undefined
  const fail = (error: Error): void => void (failed ??= error)
  const work = await (job.kind === 'echo' ? echo(job, target, fail) : fanOut(job, target, fail))
  work.start()
  await spend(time.warmUpMs, pid)
  const from = snapshot(work, pid)
  await spend(time.measureMs, pid)
  const to = snapshot(work, pid)
  work.stop()
  for (let waited = 0; !work.idle() && !failed; waited += 5) {
    if (waited > 10_000) failed = new Error('Replies were lost')
    await sleep(5)
  }
  work.end()
  if (failed) throw failed
  return {
    messages: to.messages - from.messages,
    wallMs: to.wallMs - from.wallMs,
    serverMs: to.serverMs - from.serverMs,
    loadMs: to.loadMs - from.loadMs,
  }
}

/** Longer where others keep the server off its core. */
async function spend(ms: number, pid: number): Promise<void> {
  const startedAt = performance.now()
  const startedAtCpu = cpuMs(pid)
  await sleep(ms)
  while (cpuMs(pid) - startedAtCpu < ms / 3 && performance.now() - startedAt < ms * 3) {
    await sleep(20)
  }
}

function snapshot(work: Work, pid: number): Figures {
  const { user, system } = process.cpuUsage()
  return {
    messages: work.messages(),
    wallMs: performance.now(),
    serverMs: cpuMs(pid),
    loadMs: (user + system) / 1_000,
  }
}

/** `schedstat` counts nanoseconds where `stat` counts in hundredths of a second. */
function cpuMs(pid: number): number {
  const tasks = `/proc/${pid}/task`
  try {
    const times = readdirSync(tasks).map((id) =>
      parseInt(readFileSync(`${tasks}/${id}/schedstat`, 'utf8'), 10),
    )
    return times.reduce((sum, ns) => sum + ns, 0) / 1e6
  } catch {
    return NaN
  }
}

process.on('message', (task: Task) => {
  run(task).then(
    (figures) => process.send?.({ figures }),
    (error: Error) => process.send?.({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runtimes } from '../tools/launch.ts'
import type { RuntimeName } from '../tools/launch.ts'
import { applies, baseline, candidates, subprotocol } from './candidates.ts'
import { idle } from './idle.ts'
import { jobs } from './jobs.ts'
import type { JobName } from './jobs.ts'
import { machine } from './machine.ts'
import { pinned, startLoad, startServer } from './measure.ts'
import type { Load } from './measure.ts'
import { recovery } from './recovery.ts'
import { row, table } from './report.ts'
import type { Sample } from './report.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    runtime: { type: 'string' },
    job: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
  },
})

function choose<T extends string>(flag: string | undefined, all: readonly T[]): T[] {
  const names = flag?.split(',') ?? all
  const unknown = names.find((name) => !all.includes(name as T))
  if (unknown) throw new TypeError(`There is no "${unknown}": ${all.join(', ')}`)
  return all.filter((name) => names.includes(name))
}

const jobNames = Object.keys(jobs) as JobName[]
const chosenRuntimes = choose(flags.runtime, runtimes)
const chosenJobs = choose(flags.job, jobNames)
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 5))
const time = flags.quick ? { warmUpMs: 150, measureMs: 200 } : { warmUpMs: 250, measureMs: 600 }
const samples: Sample[] = []

/** Fresh servers side by side, so that what disturbs the machine disturbs all of them: A B C, then B C A. */
async function runRound(load: Load, runtime: RuntimeName, round: number): Promise<void> {
  const servers = []
  try {
    for (const candidate of candidates[runtime]) {
      servers.push({ candidate, server: await startServer(runtime, candidate) })
    }
    for (const job of withBaselines(chosenJobs)) {
      servers.push(servers.shift()!)
      for (const { candidate, server } of servers) {
        if (!applies(runtime, candidate, job)) continue
        const { port, pid } = server
        const task = { job, port, pid, subprotocol: subprotocol(candidate, job), ...time }
        const figures = await load.run(task).catch((error: Error) => {
          throw new Error(
            `${runtime} ${candidate.name}, ${job}: ${error.message}\n${server.stderr()}`,
          )
        })
        samples.push({ round, runtime, job, candidate: candidate.name, ...figures })
      }
    }
  } finally {
    await Promise.all(servers.map(({ server }) => server.close()))
  }
}

const withBaselines = (names: JobName[]): JobName[] =>
  jobNames.filter((name) => names.includes(name) || names.some((job) => baseline(job) === name))

if (positionals[0] === 'idle') {
  const { quick } = flags
  await idle({ connections: quick ? 2_000 : 10_000, watchMs: quick ? 25_000 : 50_000 })
  process.exit()
}
if (positionals[0] === 'recovery') {
  await recovery({ clients: 1_000, missed: 100, rounds })
  process.exit()
}
const unknown = positionals[0]
if (unknown !== undefined) throw new TypeError(`There is no bench "${unknown}": idle, recovery`)

const load = startLoad()
try {
  for (let round = 0; round < rounds; round++) {
    for (const runtime of chosenRuntimes) {
      if (process.stderr.isTTY)
        process.stderr.write(`\rround ${round + 1}/${rounds}: ${runtime}   `)
      await runRound(load, runtime, round)
    }
  }
} finally {
  load.close()
}

const rows = chosenRuntimes.flatMap((runtime) =>
  chosenJobs
    .filter((job) => candidates[runtime].some((candidate) => applies(runtime, candidate, job)))
    .map((job) => row(samples, runtime, job)),
)
console.log(`\n${table(rows)}\n`)
console.log(
  "raw: the runtime's native API by hand; plain: denwa, one message a frame, without policies or history. Shares in messages per CPU second of the server,",
)
console.log(
  `medians of ${rounds} round${rounds > 1 ? 's' : ''}; busy: server/load in % of a core${pinned ? ', one each' : ''}.`,
)
console.log(machine())
if (flags.json)
  writeFileSync(flags.json, `${JSON.stringify({ machine: machine(), samples }, null, 2)}\n`)

/** Lets things go wrong on live servers of all runtimes and prints what happened; exits 1 where that is not documented. */
import { Scope } from '../../src/testing/conformance/scope.ts'
import { launch, type RuntimeName, runtimes } from '../../tools/launch.ts'
import { MiB } from '../support/memory.ts'
import { printTable } from '../support/print-table.ts'
import type { Fault, Outcome } from './fault.ts'
import { floods } from './floods.ts'
import { waiting } from './waiting.ts'

const faults = [...waiting, ...floods]

/** What happened, or why that is not known. */
type Result = Outcome | Error

async function run(runtime: RuntimeName, some: readonly Fault[]): Promise<Result[]> {
  const server = await launch({ runtime, entry: `${import.meta.dirname}/server/${runtime}.ts` })
  const scope = new Scope({ name: runtime, url: server.url })
  const happen = (fault: Fault): Promise<Result> =>
    fault.happen(scope, server.pid, runtime).catch((error: Error) => error)
  try {
    if (some.every(({ waits }) => waits)) return await Promise.all(some.map(happen))
    const results: Result[] = []
    for (const fault of some) results.push(await happen(fault))
    return results
  } finally {
    scope.end()
    await server.close()
  }
}

/** Two at a time: memory is measured. */
async function floodAll(): Promise<Map<RuntimeName, Result[]>> {
  const left = [...runtimes]
  const done = new Map<RuntimeName, Result[]>()
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) done.set(next, await run(next, floods))
  }
  await Promise.all([lane(), lane()])
  return done
}

const gapsOf = (fault: Fault, runtime: RuntimeName) =>
  (fault.gaps ?? []).filter((gap) => gap.runtimes.includes(runtime))

/** What is not as it is documented. */
function wrong(fault: Fault, runtime: RuntimeName, result: Result): string[] {
  if (result instanceof Error) return [result.message]
  const {
    client,
    told,
    withinMs,
    grownMiB = Infinity,
  } = Object.assign({}, fault.expected, ...gapsOf(fault, runtime)) as Fault['expected']
  const faultsOf: [boolean, string][] = [
    [![client].flat().includes(result.client), `the client saw ${result.client}, not ${client}`],
    [told !== undefined && told !== result.told, `close was told ${result.told}, not ${told}`],
    [result.ms > withinMs, `took ${result.ms} ms, not ${withinMs}`],
    [
      (result.grown ?? 0) >= grownMiB * MiB,
      `grew by ${result.grown}, not less than ${grownMiB} MiB`,
    ],
  ]
  return faultsOf.flatMap(([holds, what]) => (holds ? [`${fault.name}, ${runtime}: ${what}`] : []))
}

function show(fault: Fault, runtime: RuntimeName, result: Result): string {
  if (result instanceof Error) return '(!)'
  const { client, told, ms, grown } = result
  const marks =
    (gapsOf(fault, runtime).length > 0 ? ' *' : '') +
    (wrong(fault, runtime, result).length > 0 ? ' (!)' : '')
  return (
    [
      told === undefined ? client : `${client} / ${told}`,
      `${(ms / 1000).toFixed(1)} s`,
      ...(grown === undefined ? [] : [`+${(grown / MiB).toFixed(1)} MiB`]),
    ].join(', ') + marks
  )
}

const [quiet, loud] = await Promise.all([
  Promise.all(runtimes.map(async (runtime) => [runtime, await run(runtime, waiting)] as const)),
  floodAll(),
])
const results = new Map(
  quiet.map(([runtime, some]) => [runtime, [...some, ...(loud.get(runtime) ?? [])]]),
)
const resultOf = (runtime: RuntimeName, i: number): Result =>
  results.get(runtime)?.[i] ?? new Error('nothing happened')

printTable(
  ['what the client saw / the close handler was told', ...runtimes],
  faults.map((fault, i) => [
    fault.name,
    ...runtimes.map((runtime) => show(fault, runtime, resultOf(runtime, i))),
  ]),
)
for (const { name, gaps = [] } of faults) {
  for (const { runtimes: where, because } of gaps)
    console.log(`\n* ${name}, ${where.join(', ')}: ${because}`)
}
const complaints = faults.flatMap((fault, i) =>
  runtimes.flatMap((runtime) => wrong(fault, runtime, resultOf(runtime, i))),
)
console.log(
  complaints.length === 0
    ? '\nAll is as documented.'
    : `\nNot as documented: (!)\n${complaints.join('\n')}`,
)
process.exitCode = complaints.length === 0 ? 0 : 1

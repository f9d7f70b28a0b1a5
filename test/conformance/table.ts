/** Asks live servers of all runtimes the same questions and prints the answers; exits 1 where they differ. */
import { Scope } from '../../src/testing/conformance/scope.ts'
import { launch, type RuntimeName, runtimes } from '../../tools/launch.ts'
import { printTable } from '../support/print-table.ts'
import { type Row, rows } from './table/rows.ts'

const columns = await Promise.all(
  runtimes.map(async (runtime) => [runtime, await answers(runtime)] as const),
)

let wrong = 0
const lines = rows.map((row, i) => {
  const cells = columns.map(([runtime, column]) => {
    const cell = column[i] ?? ''
    if (cell === row.ours) return cell
    const { documented } = row
    if (documented?.runtimes.includes(runtime) && cell === documented.answer) return `${cell} *`
    wrong++
    return `${cell} (!)`
  })
  return [row.probe, ...cells]
})
printTable(['probe', ...runtimes], lines)
for (const { documented } of rows) if (documented) console.log(`\n* ${documented.because}`)
console.log(
  wrong === 0
    ? '\nAll columns are equal, but for what is marked * and documented.'
    : `\n${wrong} answers are not what they should be: (!)`,
)
process.exitCode = wrong === 0 ? 0 : 1

async function answers(runtime: RuntimeName): Promise<string[]> {
  const server = await launch({ runtime, entry: `${import.meta.dirname}/server/${runtime}.ts` })
  try {
    const column: string[] = []
    for (const row of rows) column.push(await answer(row, runtime, server.url))
    return column
  } finally {
    await server.close()
  }
}

async function answer(row: Row, name: string, url: string): Promise<string> {
  const scope = new Scope({ name, url })
  try {
    return await row.ask(scope)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    scope.end()
  }
}

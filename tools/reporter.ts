/** After Vitest's own output: what ran, suite by suite, and the totals on a line alone. */
import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { root } from './command.ts'
import { isCi } from './ci.ts'

interface Tally {
  passed: number
  failed: number
  skipped: number
  /** Why, and how often. */
  reasons: Map<string, number>
  unexplained: string[]
}

export class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const suites = new Map<string, Tally>()
    for (const module of [...modules].sort((a, b) => order(a) - order(b))) {
      const name = suiteOf(module)
      const tally = suites.get(name) ?? newTally()
      suites.set(name, tally)
      for (const test of module.children.allTests()) count(tally, test)
      // Its server did not start, or it does not compile: no test of it is known.
      if (module.errors().length > 0) tally.failed++
    }
    const lines = [...suites].map(([name, tally]) => `${name.padEnd(24)} ${describe(tally)}`)
    const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
      [...suites.values()].reduce((total, tally) => total + tally[key], 0)
    const unexplained = [...suites.values()].flatMap((tally) => tally.unexplained)
    if (unexplained.length > 0) {
      lines.push('', 'skipped without a reason:', ...unexplained.map((name) => `  ${name}`))
      if (isCi()) process.exitCode = 1
    }
    if (unhandled.length > 0) lines.push('', `errors outside of tests: ${unhandled.length}`)
    const totals = `${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`
    process.stdout.write(`\n${lines.join('\n')}\n\ntests: ${totals}\n`)
  }
}

const newTally = (): Tally => ({
  passed: 0,
  failed: 0,
  skipped: 0,
  reasons: new Map(),
  unexplained: [],
})

function count(tally: Tally, test: TestCase): void {
  const { state } = test.result()
  // A run that was cut short leaves tests pending: they did not pass.
  tally[state === 'pending' ? 'failed' : state]++
  if (state !== 'skipped') return
  const reason = reasonOf(test)
  if (reason === undefined) tally.unexplained.push(test.fullName)
  else tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1)
}

/** The note of `ctx.skip(note)`; conformance tests say it in their name: `… (Bun does not show it)`. */
function reasonOf(test: TestCase): string | undefined {
  const result = test.result()
  if (result.state === 'skipped' && result.note !== undefined) return result.note
  if (test.project.name === 'conformance') return / \((.+)\)$/.exec(test.name)?.[1]
  return test.module.ok() ? undefined : 'the suite failed before it'
}

function describe({ passed, failed, skipped, reasons }: Tally): string {
  const parts = [`${passed} passed`]
  if (failed > 0) parts.push(`${failed} failed`)
  if (skipped > 0) parts.push(`${skipped} skipped`)
  const why = [...reasons].map(([reason, times]) => (times > 1 ? `${reason} ×${times}` : reason))
  const inline = why.length === 1 ? ` (${why[0]})` : why.map((reason) => `\n    ${reason}`).join('')
  return parts.join(', ') + inline
}

/** `conformance node`, `hibernation`, `browser`, `types`; all that lies beside the source is `unit`. */
function suiteOf(module: TestModule): string {
  const path = relative(root, module.moduleId)
  if (path.startsWith('src/')) return 'unit'
  const name = path.replace(/^test\//, '').replace(/\.test\.ts$/, '')
  return name.replace(/^runtime\//, '').replaceAll('/', ' ')
}

const projects = ['conformance', 'runtime', 'browser', 'unit', 'package']

function order(module: TestModule): number {
  return projects.indexOf(module.project.name)
}

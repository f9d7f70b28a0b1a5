/** All that can be said of the code without a server: format, lint, types, floors, packages, size. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import npm from '../package.json' with { type: 'json' }
import { root } from './command.ts'

interface Step {
  name: string
  /** A line for the shell. */
  command: string
  /** Judges by what was printed instead of by the exit code: what is wrong, if anything. */
  judge?: (output: string) => string
}

const sources = Object.values(npm.exports).flatMap((targets) =>
  typeof targets === 'string' ? [] : [targets['@denwa/source']],
)

// The slowest first: they share two lanes.
const steps: Step[] = [
  { name: 'types, TypeScript 6', command: 'node node_modules/typescript6/bin/tsc -p .' },
  { name: 'types, TypeScript 7', command: 'tsc -p .' },
  { name: 'npm package', command: 'npm run build --silent && publint --strict --pack=npm' },
  { name: 'JSR package', command: 'deno publish --dry-run --allow-dirty --quiet' },
  {
    name: 'floors, exports',
    command: 'vitest run --project=package --reporter=dot architecture exports',
  },
  { name: 'lint', command: 'oxlint --format=unix' },
  { name: 'format', command: 'oxfmt --check .' },
  {
    name: 'documentation',
    command: `deno doc --lint ${sources.join(' ')}`,
    judge: undocumented,
  },
  { name: 'size', command: 'node tools/size.ts' },
]

/** Hono's types count as private to it, and members may speak for themselves: exports may not. */
function undocumented(output: string): string {
  const complaints = output.split(/\n(?=error)/)
  return complaints
    .filter((each) => each.startsWith('error[missing-jsdoc]') && /^\d+ \| export /m.test(each))
    .join('\n')
}

async function lane(): Promise<number> {
  const step = steps.shift()
  if (!step) return 0
  const start = performance.now()
  const { code, output } = await run(step.command)
  const fault = step.judge ? step.judge(output) : code === 0 ? '' : output || `exit code ${code}`
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${fault === '' ? 'ok  ' : 'FAIL'}  ${step.name.padEnd(22)}${seconds.padStart(5)} s`)
  if (fault !== '') console.log(fault.trim().replaceAll(/^/gm, '      '))
  return (fault === '' ? 0 : 1) + (await lane())
}

function run(command: string): Promise<{ code: number | null; output: string }> {
  const PATH = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
  const env = { ...process.env, PATH, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' }
  const child = spawn(command, { cwd: root, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text))
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, output: String(error) }))
    child.once('close', (code) => resolve({ code, output }))
  })
}

const failed = (await Promise.all([lane(), lane()])).reduce((a, b) => a + b)
console.log(failed === 0 ? '\nAll is well.' : `\n${failed} failed.`)
process.exitCode = failed === 0 ? 0 : 1

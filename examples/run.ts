/** `npm run example -- NAME --runtime node|bun|deno|worker|durable --port N` */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { launch, runtimes } from '../tools/launch.ts'
import type { Launched, RuntimeName } from '../tools/launch.ts'

interface Choice {
  name: string
  runtime: RuntimeName
  port: number
}

const here = fileURLToPath(new URL('.', import.meta.url))

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`)
  process.exit(1)
}

/** An example is a directory with a README. */
const names = readdirSync(here).filter((name) => existsSync(`${here}${name}/README.md`))

/** What there is, each by the first sentence of its README. */
function list(): string {
  const width = Math.max(...names.map(({ length }) => length))
  const lines = names.map((name) => {
    const [, first] =
      /^# .*\n+([^]*?\.)\s/.exec(readFileSync(`${here}${name}/README.md`, 'utf8')) ?? []
    return `  ${name.padEnd(width)}  ${first?.replaceAll(/\s+/g, ' ') ?? ''}`
  })
  const options = `  --runtime  ${runtimes.join(', ')} (default node)\n  --port     default 8787, 0 for any free one`
  return `npm run example -- NAME\n\n${lines.join('\n')}\n\n${options}`
}

function choose(): Choice {
  const { values, positionals } = parse()
  const [name, surplus] = positionals
  if (name === undefined) fail(list())
  if (surplus !== undefined) fail(`One example at a time, but got "${positionals.join(' ')}"`)
  if (!names.includes(name)) fail(`No example "${name}". Examples: ${names.join(', ')}`)

  const runtime = runtimes.find((known) => known === values.runtime)
  if (!runtime) fail(`No runtime "${values.runtime}". Runtimes: ${runtimes.join(', ')}`)
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Infinity
  if (port > 65_535) fail(`--port takes a number from 0 to 65535, but got "${values.port}"`)
  return { name, runtime, port }
}

function parse(): { values: { runtime: string; port: string }; positionals: string[] } {
  const options = {
    runtime: { type: 'string', default: 'node' },
    port: { type: 'string', default: '8787' },
  } as const
  try {
    return parseArgs({ allowPositionals: true, options })
  } catch (error) {
    return fail((error as Error).message)
  }
}

async function run({ name, runtime, port }: Choice): Promise<Launched> {
  const entry = `${here}${name}/${runtime}.ts`
  if (!existsSync(entry)) fail(`Example "${name}" has no entry for ${runtime}: ${entry}`)
  // What is kept is there when the same server starts again.
  const kept = port === 0 ? '' : `${here}../.data/${name}-${runtime}-${port}`
  const dataDir = process.env['DATA_DIR'] ?? kept
  try {
    return await launch({ runtime, entry, port, stdio: 'inherit', ...(dataDir && { dataDir }) })
  } catch (error) {
    const inUse = /EADDRINUSE|address already in use|is open already/i.test(
      (error as Error).message,
    )
    return fail(
      inUse ? `Port ${port} is in use. Choose another: --port N` : (error as Error).message,
    )
  }
}

const server = await run(choose())
let stopping = false
function stop(signal: NodeJS.Signals): void {
  server.kill(signal)
  stopping = true
  // workerd waits for its last socket on SIGTERM, for ever; our own servers for a few seconds.
  setTimeout(() => server.kill('SIGKILL'), 6_000).unref()
}

process.on('SIGINT', stop)
process.on('SIGTERM', stop)
if (process.env.npm_lifecycle_event) {
  // npm tells the shell between us to end, and many a shell does not pass it on.
  const parent = process.ppid
  setInterval(() => stopping || process.ppid === parent || stop('SIGTERM'), 200).unref()
}
process.stdout.write(`listening on ${server.url}\n`)
process.exitCode = (await server.exited) ?? 0

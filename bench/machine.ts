import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'

/** What the figures were made on. */
export function machine(): string {
  const { devDependencies } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { devDependencies: Record<string, string> }
  const versions = ['ws', 'bun', 'deno', 'workerd', 'hono', '@hono/node-server', 'zod'].map(
    (name) => `${name} ${devDependencies[name]}`,
  )
  const cores = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return [
    `${cores.length} × ${cores[0]?.model ?? 'unknown'}, ${memory}, ${type()} ${release()}`,
    [`node ${process.versions.node}`, ...versions].join(', '),
  ].join('\n')
}

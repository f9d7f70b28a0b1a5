/** What a server sends through its start-up: the core and one entry, without Hono, schemas and `ws`. */
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root, sourceCondition } from './command.ts'

const most = 18 * 1024
const entries = ['node', 'bun', 'deno', 'cloudflare']

async function bundle(entry: string): Promise<Uint8Array> {
  const result = await build({
    stdin: { contents: `export * from 'denwa'\nexport * from 'denwa/${entry}'`, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    conditions: [sourceCondition],
    external: ['hono', 'hono/*', '@hono/node-server', 'ws', 'node:*', 'cloudflare:*'],
    absWorkingDir: root,
  })
  return result.outputFiles[0]!.contents
}

const rows = await Promise.all(
  entries.map(async (entry) => {
    const code = await bundle(entry)
    return { entry, minified: code.length, gzipped: gzipSync(code, { level: 9 }).length }
  }),
)

const cell = (value: string | number): string => String(value).padStart(10)
console.log(`${'entry'.padEnd(12)}${cell('min')}${cell('min+gzip')}${cell('limit')}   bytes`)
for (const { entry, minified, gzipped } of rows) {
  const verdict = gzipped > most ? '   too large' : ''
  console.log(`${entry.padEnd(12)}${cell(minified)}${cell(gzipped)}${cell(most)}${verdict}`)
}
process.exitCode = rows.some(({ gzipped }) => gzipped > most) ? 1 : 0

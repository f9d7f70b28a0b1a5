/** What a server sends through its start-up: the core and one entry, without Hono, schemas and `ws`. */
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root, sourceCondition } from './command.ts'

/** Bytes at most, min+gzip. On Cloudflare SQLite and channels that cross objects come with it. */
const limits = { node: 29, bun: 29, deno: 29, cloudflare: 36 }
const entries = Object.entries(limits).map(([entry, KiB]) => ({ entry, most: KiB * 1024 }))

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
  entries.map(async ({ entry, most }) => {
    const code = await bundle(entry)
    return { entry, most, minified: code.length, gzipped: gzipSync(code, { level: 9 }).length }
  }),
)

const cell = (value: string | number): string => String(value).padStart(10)
console.log(`${'entry'.padEnd(12)}${cell('min')}${cell('min+gzip')}${cell('limit')}   bytes`)
for (const { entry, most, minified, gzipped } of rows) {
  const verdict = gzipped > most ? '   too large' : ''
  console.log(`${entry.padEnd(12)}${cell(minified)}${cell(gzipped)}${cell(most)}${verdict}`)
}
process.exitCode = rows.some(({ gzipped, most }) => gzipped > most) ? 1 : 0

/**
 * What a server sends through its start-up: the core and one entry, without Hono, schemas and `ws`. And what a
 * page loads for the parts of the client that it uses.
 */
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root, sourceCondition } from './command.ts'

interface Row {
  name: string
  /** A module that uses what is measured. */
  code: string
  /** Bytes of it, minified and compressed. */
  most: number
}

/** On Cloudflare SQLite and channels that cross objects come with it. */
const limits = { node: 30, bun: 30, deno: 30, cloudflare: 38 }
const servers = Object.entries(limits).map(([entry, KiB]): Row => ({
  name: entry,
  code: `export * from 'denwa'\nexport * from 'denwa/${entry}'`,
  most: KiB * 1024,
}))
const clients: Row[] = [
  { name: 'client', code: `export { connect } from 'denwa/client'`, most: 3 * 1024 },
  {
    name: 'client, channels',
    code: `export { channels, connect } from 'denwa/client'`,
    most: 4.5 * 1024,
  },
  { name: 'createClient', code: `export { createClient } from 'denwa/client'`, most: 5.5 * 1024 },
  { name: 'react', code: `export * from 'denwa/react'`, most: 2 * 1024 },
]

async function bundle(contents: string): Promise<Uint8Array> {
  const result = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    conditions: [sourceCondition],
    external: ['hono', 'hono/*', '@hono/node-server', 'react', 'ws', 'node:*', 'cloudflare:*'],
    absWorkingDir: root,
  })
  return result.outputFiles[0]!.contents
}

const rows = await Promise.all(
  [...servers, ...clients].map(async ({ name, code, most }) => {
    const bytes = await bundle(code)
    return { name, most, minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length }
  }),
)

const cell = (value: string | number): string => String(value).padStart(10)
console.log(`${'entry'.padEnd(18)}${cell('min')}${cell('min+gzip')}${cell('limit')}   bytes`)
for (const { name, minified, gzipped, most } of rows) {
  const verdict = gzipped > most ? '   too large' : ''
  console.log(`${name.padEnd(18)}${cell(minified)}${cell(gzipped)}${cell(most)}${verdict}`)
}
process.exitCode = rows.some(({ gzipped, most }) => gzipped > most) ? 1 : 0

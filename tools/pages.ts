/**
 * Bundles what the pages of an example load: each file directly in its `browser/`, scripts and styles, into one
 * module that exports their texts. A Worker has no disk to read them from, and so nobody has to.
 *
 * `node tools/pages.ts` does so for all examples.
 */
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root, sourceCondition } from './command.ts'

const examples = join(root, 'examples')
const isSource = /(?<!\.d|\.test)\.(tsx?|css)$/

/** Does nothing for what is no example, or has no pages. */
export async function buildPages(directory: string): Promise<void> {
  const example = resolve(directory)
  const sources = join(example, 'browser')
  if (dirname(example) !== examples || !existsSync(sources)) return
  const { outputFiles } = await build({
    entryPoints: readdirSync(sources)
      .filter((name) => isSource.test(name))
      .map((name) => join(sources, name)),
    outdir: sources,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    conditions: [sourceCondition, 'browser'],
    external: ['/assets/*'],
    // All other characters are escaped, whatever a runtime takes the text for.
    charset: 'ascii',
    write: false,
    logLevel: 'silent',
    absWorkingDir: root,
  })
  const texts = outputFiles
    .map(({ path, text }) => [basename(path), text] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const entries = texts.map(
    ([name, text]) => `  ${JSON.stringify(name)}: ${JSON.stringify(text)},\n`,
  )
  replace(join(example, 'built.js'), `export const built = {\n${entries.join('')}}\n`)
}

/** As a whole: others may read it, or write the same. */
function replace(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text)
  renameSync(draft, file)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of readdirSync(examples)) await buildPages(join(examples, name))
}

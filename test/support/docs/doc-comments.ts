import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../tools/command.ts'

/** An `@example` of a doc comment in the source. */
export interface Example {
  /** Below `src`. */
  readonly file: string
  readonly line: number
  /** `ts`, or what stands after its fence. */
  readonly language: string
  readonly text: string
}

export async function examples(): Promise<Example[]> {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const sources = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  return Promise.all(sources.flatMap((file) => examplesOf(file)))
}

function examplesOf(file: string): Promise<Example>[] {
  const source = readFileSync(join(root, 'src', file), 'utf8')
  return [...source.matchAll(/^ *\* @example\n((?: *\*(?!\/)(?! @).*\n)+)/gm)].map(
    async (found) => {
      const line = source.slice(0, found.index).split('\n').length + 1
      const text = (found[1] as string).replaceAll(/^ *\* ?/gm, '').replaceAll(/^```\w*$/gm, '')
      const [, language = 'ts'] = /^ *\* ```(\w+)$/m.exec(found[1] as string) ?? []
      return { file, line, language, text: await withImports(file, text) }
    },
  )
}

/** An example that imports nothing uses its own module. */
async function withImports(file: string, text: string): Promise<string> {
  if (/^import /m.test(text)) return text
  const module = join(root, 'src', file)
  const names = Object.keys((await import(module)) as object)
  return `import { ${names.join(', ')} } from '${module}';${text}`
}
